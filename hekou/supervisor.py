"""`make demo`: everything from an empty folder to a running town, in one process that ends what it started.

    python -m hekou.supervisor [--reset] [--empty]

Secrets, the embedded server, uploads and collected static files live under `var/`. With DATABASE_URL set that server
is used and left alone. PORT (8000) and BIND (127.0.0.1) say where to listen.

Ctrl-C reaches every process of a terminal at once, and PostgreSQL must outlive gunicorn. So each child gets a session
of its own, and only this process hears the signal. It never acts inside the handler: the handler notes the wish, and
whoever waits looks at the note.
"""

import argparse
import fcntl
import hashlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import environ
import psutil
import psycopg

from hekou.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from hekou.embedded import APP, OWNER, Cluster, ClusterError
from hekou.keys import fresh_keys

BASE_DIR = Path(__file__).resolve().parent.parent
TOWN_TIME = ZoneInfo("Asia/Shanghai")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PATIENCE = 15  # Seconds a child has to end by itself; gunicorn gives its requests ten.


class CannotStart(Exception):
    """What stands in the way, as one sentence in Chinese and English for the person at the terminal."""


class StopAsked(Exception):
    """Ctrl-C, a closed terminal or SIGTERM, seen at a place where it is safe to stop."""


class Supervisor:
    """One run of the demo. `var` holds all its state; two runs in one folder are refused."""

    def __init__(self, var: Path, *, environment: Mapping[str, str], empty: bool = False) -> None:
        self.var = var
        self.env = dict(environment)
        self.empty = empty
        self.stopping = False
        self.cluster: Cluster | None = None
        # Taken out of the environment: the pages' process has no business with it.
        self.owner_url = self.env.pop("DATABASE_OWNER_URL", "")
        self.host = self.env["BIND"] = self.env.get("BIND") or "127.0.0.1"
        self.env["PORT"] = self.env.get("PORT") or "8000"
        self.port = _port(self.env["PORT"])

    def run(self, *, reset: bool = False) -> None:
        """Serve until asked to stop. Raises CannotStart, StopAsked, ClusterError; nothing of ours is left running."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
                signal.signal(number, self._note)
        with ExitStack() as stack:
            stack.enter_context(self._only_one())
            self._end_orphan()
            if reset:
                self._reset()
            _require_free(self.host, self.port)
            self._settings()
            if self.env.get("DATABASE_URL"):
                _require_reachable(self.env["DATABASE_URL"])
            else:
                say("正在启动数据库……")
                self.cluster = stack.enter_context(Cluster(self.var / "postgres"))
                self.owner_url = self.cluster.url(OWNER)
                self.env["DATABASE_URL"] = self.cluster.url(APP)
            self._prepare()
            server = self._start(["-m", "gunicorn", "-c", "hekou/gunicorn_conf.py", "hekou.wsgi"], quiet=True)
            stack.callback(_end, server)
            self._pid_file.write_text(str(server.pid))
            stack.callback(self._pid_file.unlink, missing_ok=True)
            self._wait_for_answer(server)
            self._greet()
            self._watch(server)

    def _note(self, number: int, frame: object) -> None:
        self.stopping = True

    # Before the start

    def _only_one(self) -> ExitStack:
        self.var.mkdir(parents=True, exist_ok=True)
        stack = ExitStack()
        lock = stack.enter_context((self.var / "demo.lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stack.close()
            raise CannotStart(
                "这个目录里的演示已经在运行，请先在那个窗口按 Ctrl-C。 The demo already runs from this folder."
            ) from None
        return stack

    @property
    def _pid_file(self) -> Path:
        return self.var / "gunicorn.pid"

    def _end_orphan(self) -> None:
        """A gunicorn whose supervisor was killed still holds the port; the database's orphans end with its start."""
        with suppress(FileNotFoundError, ValueError, psutil.Error):
            orphan = psutil.Process(int(self._pid_file.read_text()))
            if orphan.cwd() == str(BASE_DIR) and any("gunicorn" in part for part in orphan.cmdline()):
                say("上次没有正常结束，先收拾留下的网页服务。")
                family = [orphan, *orphan.children(recursive=True)]
                orphan.terminate()
                for process in psutil.wait_procs(family, timeout=PATIENCE)[1]:
                    process.kill()
        self._pid_file.unlink(missing_ok=True)

    def _reset(self) -> None:
        if self.env.get("DATABASE_URL"):
            raise CannotStart(
                "DATABASE_URL 指向的数据库不归演示管，不会清空。 The database of DATABASE_URL is not ours to empty."
            )
        Cluster(self.var / "postgres").destroy()
        for name in ("media", "static"):
            shutil.rmtree(self.var / name, ignore_errors=True)
        (self.var / "secrets.env").unlink(missing_ok=True)

    def _settings(self) -> None:
        """Fill in what the environment leaves open: secrets kept in `var/`, plain http on loopback, our folders."""
        secrets_file = self.var / "secrets.env"
        if not secrets_file.exists():
            descriptor = os.open(secrets_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w") as stream:
                stream.writelines(f"{name}={value}\n" for name, value in fresh_keys().items())
        for line in secrets_file.read_text().splitlines():
            name, _, value = line.partition("=")
            self.env.setdefault(name, value)
        self.env.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if self.host in LOOPBACK else "*")
        self.env.setdefault("SECURE_COOKIES", "false")
        self.env.setdefault("LOG_LEVEL", "WARNING")
        self.env.setdefault("GUNICORN_LOG_LEVEL", "warning")
        for name, folder in (("STATIC_ROOT", "static"), ("MEDIA_ROOT", "media")):
            Path(self.env.setdefault(name, str(self.var / folder))).mkdir(
                mode=0o700, parents=True, exist_ok=True
            )

    def _prepare(self) -> None:
        say("正在准备数据……")
        self._manage("migrate", "--verbosity=0", as_owner=True)
        self._manage("setup_town")
        if not self.empty:
            self._manage("demo", "--if-empty")
        self._manage("daily")
        stamp = Path(self.env["STATIC_ROOT"]) / ".collected"
        fingerprint = _static_fingerprint()
        if not stamp.exists() or stamp.read_text() != fingerprint:
            self._manage("collectstatic", "--noinput", "--clear", "--verbosity=0")
            stamp.write_text(fingerprint)

    # Children

    def _start(self, arguments: list[str], *, quiet: bool = False, **env: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=BASE_DIR,
            env=self.env | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else None,
            start_new_session=True,
        )

    def _manage(self, *arguments: str, as_owner: bool = False) -> None:
        """Run a command of manage.py to its end; pages and commands alike work as hekou_app, but for migrations."""
        url = self.owner_url if as_owner and self.owner_url else self.env["DATABASE_URL"]
        child = self._start(["manage.py", *arguments], DATABASE_URL=url)
        try:
            while child.poll() is None:
                self._pause()
        finally:
            _end(child)
        if child.returncode:
            raise CannotStart(
                f"manage.py {arguments[0]} 没有成功，原因见上。 manage.py {arguments[0]} failed, see above."
            )

    def _pause(self) -> None:
        """A moment of waiting: the place where the wish to stop and the database's end are noticed."""
        if self.stopping:
            raise StopAsked
        if self.cluster and not self.cluster.is_running():
            raise CannotStart(
                f"数据库意外结束，演示随之停止，记录在 {self.cluster.log}。 The database ended by itself; stopping."
            )
        time.sleep(0.1)

    def _wait_for_answer(self, server: subprocess.Popen[bytes]) -> None:
        while server.poll() is None:
            self._pause()
            if self._answers():
                return
        raise CannotStart("网页服务没有启动，原因见上。 The web server did not start, see above.")

    def _answers(self) -> bool:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        connection = http.client.HTTPConnection(host, self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _watch(self, server: subprocess.Popen[bytes]) -> None:
        """Until asked to stop; shortly after each local midnight, the day's work."""
        worked = _today()
        daily: subprocess.Popen[bytes] | None = None
        try:
            while server.poll() is None:
                self._pause()
                if daily and daily.poll():
                    say("当日例行工作没有完成，原因见上；明天会再做。 manage.py daily failed, see above.")
                    daily = None
                if _today() != worked:
                    worked = _today()
                    daily = self._start(["manage.py", "daily"])
        finally:
            if daily:
                _end(daily)
        raise CannotStart("网页服务意外结束，演示随之停止。 The web server ended by itself; stopping.")

    # Words

    def _address(self) -> str:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "localhost") else self.host  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def _greet(self) -> None:
        lines = ["", f"  河口镇网格  {self._address()}/", ""]
        if not self.empty:
            lines += [f"  {account.phone}  {account.name}  {account.title}" for account in DEMO_ACCOUNTS]
            lines += ["", f"  密码都是 {DEMO_PASSWORD}    The password of all accounts is {DEMO_PASSWORD}"]
        if self.host not in LOOPBACK:
            lines += ["  别的机器也能打开这个地址，演示密码是公开的。 Reachable from other machines!"]
        say("\n".join([*lines, "  按 Ctrl-C 结束    Ctrl-C ends it", ""]))


def say(text: str) -> None:
    """One line or block to the person at the terminal, who may have closed it."""
    with suppress(OSError):
        print(text, flush=True)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the child to end, wait, then insist on the end of its whole group: it may have died before its workers."""
    if child.poll() is None:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise CannotStart(f"PORT 要写 1 到 65535 的数，不是“{text}”。 PORT must be a number from 1 to 65535.")


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        raise CannotStart(
            f"端口 {port} 已被占用或不能使用，请换一个：make demo PORT={port + 1 if port < 65535 else 8000}。 "
            f"Port {port} on {host} is taken."
        ) from None


def _require_reachable(url: str) -> None:
    """One connection, so that a wrong address is one sentence here and not a traceback from a command."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # A scheme it does not know is only a warning there.
            given = environ.Env.db_url_config(url)
        names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
        parts = {name: given[key] for name, key in names.items() if given.get(key)}
        psycopg.connect(**{"connect_timeout": 5} | parts | given.get("OPTIONS", {})).close()
    except (psycopg.Error, ValueError, KeyError, Warning, environ.ImproperlyConfigured):
        # Neither the address nor the driver's words are repeated: both may hold the password.
        raise CannotStart(
            "连不上 DATABASE_URL 指定的数据库，请核对地址、库名和密码。 The database of DATABASE_URL cannot be reached."
        ) from None


def _static_fingerprint() -> str:
    """Changes when a static file of ours or the packages that ship the others do."""
    digest = hashlib.sha256((BASE_DIR / "requirements.txt").read_bytes())
    for path in sorted((BASE_DIR / "static").rglob("*")):
        found = path.stat()
        digest.update(f"{path}:{found.st_mtime_ns}:{found.st_size}\n".encode())
    return digest.hexdigest()


def _today() -> date:
    """The town's day, which for daily work begins five minutes late: nothing else should be busy then."""
    return (datetime.now(TOWN_TIME) - timedelta(minutes=5)).date()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description="Run the demo town until Ctrl-C.")
    parser.add_argument(
        "--reset", action="store_true", help="forget everything that was entered, and start over"
    )
    parser.add_argument("--empty", action="store_true", help="the net alone, without invented people")
    parser.add_argument("--var", type=Path, default=BASE_DIR / "var", help="where the demo keeps its state")
    options = parser.parse_args()
    env_file = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
    if env_file.is_file():
        environ.Env.read_env(env_file)
    try:
        Supervisor(options.var.resolve(), environment=os.environ, empty=options.empty).run(
            reset=options.reset
        )
    except StopAsked:
        say("\n已停止。 Stopped.")
        return 0
    except (CannotStart, ClusterError) as problem:
        print(problem, file=sys.stderr)
    except PermissionError as problem:
        print(
            f"没有权限使用 {problem.filename}，它可能属于别的用户。 No permission on this path.",
            file=sys.stderr,
        )
    return 2


if __name__ == "__main__":
    sys.exit(main())
