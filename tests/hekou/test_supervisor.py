"""`make demo` as a person at a terminal meets it: real processes, real signals, nothing left running."""

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from hekou.embedded import Cluster
from hekou.supervisor import BASE_DIR

LIMIT = 90  # Seconds for a first start on a busy machine.


class Terminal:
    """One `make demo` with its state in `var`, in a process group of its own as a shell would give it."""

    def __init__(self, var, *arguments, **env):
        self.port = env.get("PORT") or str(free_port())
        self.output = var.parent / f"output-{self.port}-{time.monotonic_ns()}"
        command = [sys.executable, "-m", "hekou.supervisor", "--empty", "--var", str(var), *arguments]
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self.output.open("w") as stream:
            self.process = psutil.Popen(
                command,
                cwd=BASE_DIR,
                env=clean | {"PYTHONUTF8": "1", "ENV_FILE": os.devnull, "PORT": self.port} | env,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    @property
    def words(self):
        return self.output.read_text()

    def until(self, condition):
        end = time.monotonic() + LIMIT
        while not condition():
            assert self.process.poll() is None, f"ended by itself:\n{self.words}"
            assert time.monotonic() < end, f"waited too long:\n{self.words}"
            time.sleep(0.02)

    def until_ready(self):
        self.until(lambda: "Ctrl-C ends it" in self.words)
        return self

    def interrupt(self):
        """Ctrl-C: the signal goes to the whole group of the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def ended(self):
        return self.process.wait(LIMIT)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def health(port):
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=5)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def running(var):
    """Every process that works for this folder: the supervisor, its commands, gunicorn, PostgreSQL."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and (
                str(var) in " ".join(process.cmdline())
                or process.environ().get("MEDIA_ROOT", "").startswith(str(var))
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def one_sentence(terminal):
    """The whole output of a start that was refused, which is exactly one line and no traceback."""
    assert terminal.ended() == 2
    (line,) = terminal.words.splitlines()
    return line


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo").resolve()


@pytest.fixture(scope="module")
def prepared(folder):
    """The state of a demo that was started once, and left with Ctrl-C."""
    var = folder / "var"
    terminal = Terminal(var).until_ready()
    terminal.interrupt()
    assert terminal.ended() == 0
    yield var
    Cluster(var / "postgres").destroy()


@pytest.fixture
def var(prepared):
    yield prepared
    for process in running(prepared):  # Only after a failure.
        process.kill()


def test_a_demo_from_the_first_look_to_ctrl_c(var):
    """One start, as each costs seconds: what it says, how it works, whom it refuses, how it ends."""
    secrets = (var / "secrets.env").read_text()
    terminal = Terminal(var).until_ready()
    web = psutil.Process(int((var / "gunicorn.pid").read_text())).environ()

    assert f"http://127.0.0.1:{terminal.port}/" in terminal.words
    assert health(terminal.port) == (200, {"status": "ok", "database": "ok"})
    # The pages work as the weaker role and cannot become the other.
    assert "hekou_app" in web["DATABASE_URL"]
    assert "DATABASE_OWNER_URL" not in web
    # A second start keeps the secrets, without which nothing sealed would open.
    assert (var / "secrets.env").read_text() == secrets
    assert stat.S_IMODE((var / "secrets.env").stat().st_mode) == 0o600
    assert "已经在运行" in one_sentence(Terminal(var))
    assert health(terminal.port)[0] == 200

    terminal.interrupt()
    assert terminal.ended() == 0
    assert running(var) == []
    assert "Traceback" not in terminal.words


def test_a_term_signal_ends_it_too_and_impatience_does_no_harm(var):
    terminal = Terminal(var).until_ready()

    terminal.process.terminate()
    for _ in range(5):
        terminal.interrupt()
        time.sleep(0.05)

    assert terminal.ended() == 0
    assert running(var) == []
    assert "Traceback" not in terminal.words


@pytest.mark.parametrize("moment", ["正在启动数据库", "正在准备数据"])
def test_ctrl_c_while_it_is_starting_for_the_first_time(tmp_path, moment):
    var = tmp_path / "var"
    terminal = Terminal(var)
    terminal.until(lambda: moment in terminal.words)
    time.sleep(0.5)  # Into initdb, or into the migrations.

    terminal.interrupt()
    terminal.interrupt()

    assert terminal.ended() == 0
    assert running(var) == []
    assert "Traceback" not in terminal.words
    Cluster(var / "postgres").destroy()


def test_after_a_kill_the_next_start_clears_up(var):
    terminal = Terminal(var).until_ready()
    terminal.process.kill()
    terminal.process.wait()
    left = running(var)
    assert left

    again = Terminal(var, PORT=terminal.port).until_ready()

    assert psutil.wait_procs(left, timeout=5)[1] == []
    assert health(again.port)[0] == 200
    again.interrupt()
    assert again.ended() == 0
    assert running(var) == []


@pytest.mark.parametrize("victim", ["gunicorn.pid", "postgres/data/postmaster.pid"])
def test_when_a_part_dies_the_rest_does_not_linger(var, victim):
    terminal = Terminal(var).until_ready()

    psutil.Process(int((var / victim).read_text().split()[0])).kill()

    assert terminal.ended() == 2
    assert running(var) == []
    assert "意外结束" in terminal.words


def test_a_taken_port_is_one_sentence(var):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        line = one_sentence(Terminal(var, PORT=str(taken.getsockname()[1])))

    assert "已被占用" in line
    assert "is taken" in line


@pytest.mark.parametrize("port", ["web", "0", "65536", "-1"])
def test_a_port_that_is_none_is_one_sentence(var, port):
    assert "PORT" in one_sentence(Terminal(var, PORT=port))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://hekou:geheim@127.0.0.1:1/hekou",
        "postgresql://hekou:geheim@/hekou?host=/nowhere",
        "postgresql://hekou:geheim@127.0.0.1:port/hekou",
        "somewhere",
    ],
)
def test_an_unreachable_database_is_one_sentence_without_the_password(var, url):
    line = one_sentence(Terminal(var, DATABASE_URL=url))

    assert "DATABASE_URL" in line
    assert "geheim" not in line


def test_a_given_database_is_used_and_never_emptied(var, tmp_path):
    with Cluster(var / "postgres") as cluster:
        given = {"DATABASE_URL": cluster.url("hekou_app"), "DATABASE_OWNER_URL": cluster.url()}
        assert "不会清空" in one_sentence(Terminal(tmp_path / "var", "--reset", **given))

        terminal = Terminal(tmp_path / "var", **given).until_ready()
        terminal.interrupt()

        assert terminal.ended() == 0
        assert not (tmp_path / "var" / "postgres").exists()
        assert Path(cluster.socket_dir).exists()
