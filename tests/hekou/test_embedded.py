"""The embedded server, for real: roles, restarts, and what a killed process leaves behind."""

import os
import signal
import stat
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest

from hekou.embedded import APP, OWNER, Cluster, ClusterError


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="hekou embedded' ", dir="/tmp") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def one_cluster(folder):
    cluster = Cluster(folder / "postgres")
    yield cluster
    cluster.destroy()


@pytest.fixture
def cluster(one_cluster):
    """A running server with an empty database, as durable as the demo's."""
    one_cluster.start()
    with psycopg.connect(one_cluster.url("postgres")) as connection:
        connection.execute("DROP TABLE IF EXISTS visit, kept")
    return one_cluster


def ask(cluster, role, question):
    with psycopg.connect(cluster.url(role), autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchone()[0] if cursor.description else None


def postmaster(cluster):
    return psutil.Process(int((cluster.data / "postmaster.pid").read_text().split()[0]))


def test_the_database_is_unicode_and_sorts_by_code_point(cluster):
    kinds = "array_agg(DISTINCT (datlocprovider, datlocale, pg_encoding_to_char(encoding))::text)"

    assert ask(cluster, OWNER, f"SELECT {kinds} FROM pg_database") == ["(b,C.UTF-8,UTF8)"]


@pytest.mark.parametrize("role", [OWNER, APP])
def test_neither_role_is_above_the_law(cluster, role):
    question = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user"

    assert ask(cluster, role, question) is False


def test_the_application_writes_rows_and_makes_no_tables(cluster):
    ask(cluster, OWNER, "CREATE TABLE visit (id int GENERATED ALWAYS AS IDENTITY, seen text)")

    ask(cluster, APP, "INSERT INTO visit (seen) VALUES ('人')")
    for forbidden in (
        "CREATE TABLE mine (id int)",
        "TRUNCATE visit",
        "ALTER TABLE visit DISABLE TRIGGER USER",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(cluster, APP, forbidden)

    assert ask(cluster, APP, "SELECT seen FROM visit") == "人"


def test_databases_made_by_tests_have_the_same_grants(cluster):
    ask(cluster, OWNER, "CREATE DATABASE another")

    with psycopg.connect(cluster.url(OWNER, "another")) as connection:
        connection.execute("CREATE TABLE visit (id int)")

    with psycopg.connect(cluster.url(APP, "another")) as connection:
        assert connection.execute("SELECT count(*) FROM visit").fetchone() == (0,)


def test_only_the_servers_user_and_root_reach_it(cluster):
    assert stat.S_IMODE(cluster.socket_dir.stat().st_mode) == 0o700
    assert ask(cluster, OWNER, "SHOW listen_addresses") == ""


def test_what_was_written_outlives_a_stop(cluster):
    ask(cluster, OWNER, "CREATE TABLE kept AS SELECT 1 AS one")

    cluster.stop()
    cluster.start()

    assert ask(cluster, APP, "SELECT one FROM kept") == 1


def test_a_killed_server_recovers(cluster):
    ask(cluster, OWNER, "CREATE TABLE kept AS SELECT 1 AS one")
    os.kill(postmaster(cluster).pid, signal.SIGKILL)

    cluster.start()

    assert ask(cluster, APP, "SELECT one FROM kept") == 1


def test_a_server_left_behind_is_replaced(cluster):
    left = postmaster(cluster)

    cluster.start()

    assert psutil.wait_procs([left], timeout=5)[1] == []
    assert ask(cluster, APP, "SELECT 1") == 1


def test_a_pid_file_naming_a_stranger_harms_nobody(cluster):
    """After a reboot the number in the file may be anybody's; here it is this test's own."""
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")

    cluster.stop()
    cluster.start()

    assert ask(cluster, APP, "SELECT 1") == 1


def test_stopping_ends_every_process_although_somebody_is_connected(cluster):
    family = [postmaster(cluster), *postmaster(cluster).children(recursive=True)]
    connected = psycopg.connect(cluster.url(APP))

    cluster.stop()

    connected.close()
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert not cluster.socket_dir.exists()


def test_the_folder_of_somebody_else_is_refused(folder):
    cluster = Cluster(folder / "another")
    cluster.socket_dir.symlink_to(folder)
    try:
        with pytest.raises(ClusterError):
            cluster._make_directories()
    finally:
        cluster.socket_dir.unlink()


def test_a_server_that_does_not_start_says_why(cluster):
    cluster.stop()
    settings = cluster.data / "postgresql.auto.conf"
    settings.write_text("max_connections = many\n")
    try:
        with pytest.raises(ClusterError, match="max_connections"):
            cluster.start()
    finally:
        settings.write_text("")
