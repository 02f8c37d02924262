"""The pages of cases that are measured, each only where this tree has its address."""

import secrets
import time
from urllib.parse import urlencode
from uuid import uuid4

from django.core.management import call_command, get_commands
from django.urls import NoReverseMatch, reverse

from tests.bench.client import Request

# Names of the rows whose cost is compared between the two sizes.
LIST = "case list, 50 rows of a village"


def has(name: str, *args) -> bool:
    try:
        reverse(name, args=args)
    except NoReverseMatch:
        print(f"  (no address {name} in this tree)")
        return False
    return True


def case_pages(make, to_take: list[str], to_open: list[str], tile: int) -> list:
    """Rows of the table; `make` is the class of a row. What is taken is taken once."""
    some = uuid4()
    waiting = iter(to_take)

    def report():
        told = {
            "uuid": uuid4(),
            "form_version": 1,
            "happened_on": time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600)),
            "tile": tile,
            "place": f"门前 {secrets.token_hex(6)}",
            "words": "没水了",
        }
        return Request("POST", reverse("case_new"), urlencode(told))

    def take():
        return Request("POST", reverse("case_press", args=[next(waiting), "take"]), "version=1")

    def page():
        return Request("GET", reverse("case", args=[secrets.choice(to_open)]))

    def ledger():
        return Request("GET", f"{reverse('case_list')}?status=closed")

    def dashboard():
        return Request("GET", reverse("dashboard"))

    pressed, opened = {"n": 400, "expected": 302, "floor": "b"}, {"n": 300, "floor": "c"}
    rows = (
        ("report a case", report, "case_new", (), {**pressed, "target": ">= 0.35", "who": "reporter"}),
        (
            "advance a case",
            take,
            "case_press",
            (some, "take"),
            {**pressed, "target": ">= 0.30", "who": "head"},
        ),
        (LIST, ledger, "case_list", (), {**opened, "target": ">= 0.50, <= 8 queries", "who": "village"}),
        ("case page", page, "case", (some,), {**opened, "target": "<= 15 queries", "who": "village"}),
        (
            *("dashboard", dashboard, "dashboard", ()),
            {**opened, "target": "<= 15 queries, p99 <= 300 ms", "who": "town"},
        ),
    )
    return [make(name, ask, **given) for name, ask, address, args, given in rows if has(address, *args)]


def tallied() -> None:
    """Counts kept beside the cases are made anew after a COPY that went past them."""
    if "check_tallies" in get_commands():
        call_command("check_tallies", rebuild=True, verbosity=0)
