"""The one PostgreSQL of a test run: started by its first process, shared by its workers, gone afterwards.

Each worker makes a database of its own in it (pytest-django names it). A plain run starts the server when the first
test asks for a database; with workers the controller starts it before them. TEST_DATABASE_URL names a server to use
instead; DATABASE_URL is not looked at, lest somebody's real database be meant.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import psycopg
import pytest

from hekou.embedded import APP, OWNER, Cluster

FOLDERS = "hekou-test-"
LOCK = "in-use"

_lock = None


def is_first_process():
    """Whether this is no xdist worker."""
    return "PYTEST_XDIST_WORKER" not in os.environ


@cache
def _directory():
    """This run's folder, held by a lock for as long as the process lives; folders of killed runs are cleared."""
    global _lock
    for left in Path("/tmp").glob(f"{FOLDERS}*"):
        _clear_if_abandoned(left)
    # Not under TMPDIR or a pytest folder: the server's user must be able to enter.
    directory = Path(tempfile.mkdtemp(prefix=FOLDERS, dir="/tmp"))
    _lock = (directory / LOCK).open("w")
    fcntl.flock(_lock, fcntl.LOCK_EX)
    # Not a pytest hook: a conftest that does not import ends the run before there are any.
    atexit.register(_clear, directory)
    return directory


def _clear(directory):
    Cluster(directory / "postgres").destroy()
    shutil.rmtree(directory, ignore_errors=True)
    _lock.close()


def _clear_if_abandoned(directory):
    try:
        with (directory / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            Cluster(directory / "postgres").destroy()
            shutil.rmtree(directory, ignore_errors=True)
    except OSError:
        return  # In use, being made, or another person's.


@cache
def _cluster():
    return Cluster(_directory() / "postgres", durable=False)


def database_url():
    """Where the tests' server is or will be."""
    return os.environ.get("TEST_DATABASE_URL") or _cluster().url()


def folder(name):
    """A folder that lasts as long as the run."""
    path = _directory() / name
    path.mkdir()
    return str(path)


def _ours():
    return is_first_process() and not os.environ.get("TEST_DATABASE_URL")


@pytest.fixture(scope="session")
def django_db_keepdb():
    """Our own databases go with the whole cluster; to drop them would wait for a browser's last connection."""
    return not os.environ.get("TEST_DATABASE_URL")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    if _ours() and session.config.getoption("numprocesses", None):
        _start()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """pytest-django's hook before it makes the test database; its parent gives each worker its name."""
    if _ours():
        _start()


@cache
def _start():
    _cluster().start()
    with psycopg.connect(_cluster().url("postgres", "postgres"), autocommit=True) as connection:
        # So that a test, connected as the owner of its database, can take the role that serves the pages.
        connection.execute(f"GRANT {APP} TO {OWNER}")
