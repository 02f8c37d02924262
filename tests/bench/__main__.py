"""`make bench`: the product's pages beside a floor, in one run, on one server, over one kind of connection.

Prints requests/s, p50, p99, statements, ratio to the floor, n and the spread of three runs, and the memory of a
worker. Nothing here passes or fails: figures belong to the machine, ratios to the code.
"""

import http.client
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import psutil
import psycopg

from hekou.embedded import APP, OWNER, Cluster
from hekou.keys import fresh_keys
from tests.bench.client import Request, Run, drive

RUNS = 3
SMALL, LARGE = 200_000, 2_000_000
SMALL_CASES, LARGE_CASES = 100_000, 1_000_000


class Case:
    """One thing measured: what to send, what it should answer, and the floor it is held against."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Request],
        *,
        n: int,
        expected: int = 200,
        floor: str = "",
        target: str = "",
        who: str = "reader",
    ):
        self.name, self.make, self.n = name, make, n
        self.expected, self.floor, self.target, self.who = expected, floor, target, who
        self.runs: list[Run] = []

    @property
    def rate(self) -> float:
        return statistics.median(run.rate for run in self.runs)

    def row(self, floors: dict[str, "Case"]) -> str:
        rates = [run.rate for run in self.runs]
        ratio = f"{self.rate / floors[self.floor].rate:.2f} x ({self.floor})" if self.floor else ""
        spread = f"±{(max(rates) - min(rates)) / 2 / self.rate:.0%}"
        return (
            f"{self.name:<34}{self.rate:>8.0f}/s"
            f"{statistics.median(run.percentile(0.5) for run in self.runs):>9.1f}"
            f"{statistics.median(run.percentile(0.99) for run in self.runs):>9.1f}"
            f"{self.runs[0].queries:>6}  {ratio:<12}{self.n * RUNS:>7} {spread:>6}  {self.target}"
        )


def get(path: str) -> Callable[[], Request]:
    return lambda: Request("GET", path)


def floors() -> list[Case]:
    return [
        Case("floor (a) constant page", get("/bench/constant/"), n=1500),
        Case(
            "floor (b) insert and redirect",
            lambda: Request("POST", "/bench/insert/", ""),
            n=1000,
            expected=302,
        ),
        Case("floor (c) 50 rows by index", get("/bench/rows/"), n=1500),
    ]


def pages(doors: list[tuple[str, str]], written: list[tuple[str, str]]) -> list[Case]:
    """The product's pages. Pairs of a household's and one resident's uuid: `doors` in the grid of the worker who
    reads, `written` in the grid of the one who writes, so that a thousand visits a minute do not change what is read.
    """

    def household():
        return Request("GET", f"/households/{secrets.choice(doors)[0]}/")

    def envelope():
        door, resident = secrets.choice(written)
        today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
        return {"uuid": uuid4(), "form_version": 1, "household": door, "met": resident, "happened_on": today}

    def tap():
        return Request("POST", "/visits/quick/", urlencode(envelope() | {"outcome": "met"}))

    def visit():
        told = {"mode": "home", "outcome": "met", "purposes": "routine", "note": "家里都好"}
        return Request("POST", "/visits/new/", urlencode(envelope() | told))

    return [
        Case("log a visit, one tap", tap, n=600, expected=302, floor="b", target=">= 0.40", who="writer"),
        Case(
            "log a visit, whole form", visit, n=600, expected=302, floor="b", target=">= 0.40", who="writer"
        ),
        Case("today, 300 households", get("/today/"), n=300, floor="c", target=">= 0.25, <= 10 queries"),
        Case("household page", household, n=300, floor="c", target="<= 15 queries"),
        Case("visit list, 50 rows", get("/visits/"), n=300, floor="c"),
    ]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(env: dict[str, str], port: int):
    """gunicorn as in production: two gthread workers; ended by its pid."""
    command = [sys.executable, "-m", "gunicorn", "-c", "hekou/gunicorn_conf.py", "hekou.wsgi"]
    server = subprocess.Popen(command, env=env | {"PORT": str(port)}, start_new_session=True)
    try:
        for _ in range(300):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
        yield server
    finally:
        server.terminate()
        server.wait(20)


def anonymous() -> dict[str, str]:
    """Headers of somebody without a session who was shown a form."""
    token = secrets.token_hex(16)
    return {
        "Cookie": f"csrftoken={token}",
        "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "text/html",
    }


def signed_in(phone: str) -> dict[str, str]:
    """Headers of a session of that person, as a browser would send them."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from grids.models import User

    user = User.objects.get(phone=phone)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    headers = anonymous()
    return headers | {"Cookie": f"sessionid={session.session_key}; {headers['Cookie']}"}


def measure(cases: list[Case], port: int, headers: dict[str, dict[str, str]]) -> None:
    """Three rounds over all cases, so that a busy moment of the machine hits every one of them."""
    for case in cases:
        drive(port, case.make, headers=headers[case.who], n=40, expected=case.expected)
    for _ in range(RUNS):
        for case in cases:
            run = drive(port, case.make, headers=headers[case.who], n=case.n, expected=case.expected)
            case.runs.append(run)


def memory_of(server: subprocess.Popen) -> str:
    sizes = [child.memory_info().rss / 2**20 for child in psutil.Process(server.pid).children()]
    return " ".join(f"{size:.0f} MB" for size in sizes)


def environment(cluster: Cluster, folder: str) -> dict[str, str]:
    return (
        os.environ
        | fresh_keys()
        | {
            "DATABASE_URL": cluster.url(APP),
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "SECURE_COOKIES": "false",
            "ENV_FILE": os.devnull,
            "STATIC_ROOT": f"{folder}/static",
            "MEDIA_ROOT": f"{folder}/media",
            "LOG_LEVEL": "ERROR",
            "GUNICORN_LOG_LEVEL": "warning",
            "PYTHONPATH": os.getcwd(),
        }
    )


def sizes() -> list[tuple[int, int]]:
    """(visits, cases) of the two rounds: `python -m tests.bench [SMALL LARGE [SMALL_CASES LARGE_CASES]]`."""
    given = [int(number) for number in sys.argv[1:]]
    if len(given) not in (0, 2, 4):
        sys.exit("python -m tests.bench [SMALL LARGE [SMALL_CASES LARGE_CASES]]")
    visits = given[:2] or [SMALL, LARGE]
    counts = given[2:] or ([SMALL_CASES, LARGE_CASES] if not given else [n // 2 for n in visits])
    return list(zip(visits, counts, strict=True))


def main() -> None:
    rounds = sizes()
    with tempfile.TemporaryDirectory(prefix="hekou-bench-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        with Cluster(Path(folder) / "postgres") as cluster:
            env = environment(cluster, folder)
            prepare(cluster, env)
            os.environ.update(env | {"DATABASE_URL": cluster.url(OWNER)})
            import django

            django.setup()
            run(cluster, env, rounds)


def prepare(cluster: Cluster, env: dict[str, str]) -> None:
    owner = env | {"DATABASE_URL": cluster.url(OWNER)}
    for command in (["migrate", "-v0"], ["setup_town"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run(
            [sys.executable, "manage.py", *command], env=owner, check=True, stdout=subprocess.DEVNULL
        )


# Who asks: a key of the headers, the phone they are signed in with.
WHO = {
    "reader": "13900000001",
    "writer": "13900000003",
    "town": "13900000002",
    "village": "13900000004",
    "head": "13900000005",
    "reporter": "13900000006",
}


def run(cluster: Cluster, env: dict[str, str], rounds: list[tuple[int, int]]) -> None:
    from cases.models import ReportTile
    from tests.bench import case_pages, floor, seed, seed_cases, survey_pages

    with psycopg.connect(cluster.url("postgres")) as superuser:
        superuser.execute(floor.TABLE)
        seed.seed_town(superuser)
        seed_cases.seed_places(superuser)
        tile = ReportTile.objects.order_by("position").values_list("pk", flat=True)[0]
        doors, written = (seed.doors(grid) for grid in (0, 1))
        headers = {who: signed_in(phone) for who, phone in WHO.items()}
        print(
            f"{'':<34}{'rate':>10}{'p50 ms':>9}{'p99 ms':>9}{'SQL':>6}  {'ratio':<12}{'n':>7} {'spread':>6}  target"
        )
        # A resident has no session; the cookie is the form's own.
        headers["resident"] = anonymous()
        waiting = survey_pages.waiting_answers(len(rounds) * survey_pages.SENT)
        compared: dict[str, list[float]] = {
            "today, 300 households": [],
            case_pages.LIST: [],
            survey_pages.RESULTS: [],
        }
        visits_done = cases_done = 0
        for visits, cases in rounds:
            begun = time.monotonic()
            seed.seed_visits(superuser, visits - visits_done)
            to_take, to_open = seed_cases.seed_cases(superuser, cases - cases_done)
            case_pages.tallied()
            # A tenth of the cases: 10,000 and 100,000 answers.
            over = survey_pages.seed_answers(superuser, cases // 10)
            visits_done, cases_done = visits, cases
            seeded = time.monotonic() - begun
            print(f"\n{visits:,} visits, {cases:,} cases, {cases // 10:,} answers (seeded in {seeded:.0f} s)")
            with served(env, port := free_port()) as server:
                base, product = floors(), pages(doors, written)
                product += case_pages.case_pages(Case, to_take, to_open, tile)
                product += survey_pages.survey_pages(Case, over, waiting)
                measure([*base, *product], port, headers)
                by_key = dict(zip("abc", base, strict=True))
                for case in [*base, *product]:
                    print(case.row(by_key), flush=True)
                    if case.name in compared:
                        compared[case.name].append(
                            statistics.median(one.percentile(0.5) for one in case.runs)
                        )
                print(f"memory of a worker: {memory_of(server)}  (target <= 120 MB)")
    print()
    for name, cost in compared.items():
        if len(cost) == 2:
            most = 2 if name == survey_pages.RESULTS else 1.3
            print(f"{name}: the larger round costs {cost[1] / cost[0]:.2f} x the smaller (target <= {most})")


if __name__ == "__main__":
    main()
