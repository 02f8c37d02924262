"""Every address that answers a GET, opened by somebody who may: accessible, one heading, no wider than the screen."""

import pytest

from tests.test_matrix import ADDRESSES, expected, world  # noqa: F401 - `world` is a fixture

pytestmark = pytest.mark.django_db(transaction=True)

# Who opens it: the first who may.
OPENERS = ("gridworker", "town_officer", "admin", "auditor")
NO_PAGES = {"photo"}

WHAT_IS_WRONG = """
() => [
    document.querySelectorAll("h1").length === 1 ? "" : `${document.querySelectorAll("h1").length} main headings`,
    document.documentElement.scrollWidth <= window.innerWidth ? ""
        : `${document.documentElement.scrollWidth} wide on ${window.innerWidth}`,
    document.title.trim() ? "" : "no title",
].filter(Boolean)
"""


def fault(axe, page):
    """What axe and the page's own measures complain about, as a list of words."""
    found = page.evaluate(WHAT_IS_WRONG)
    try:
        axe(page)
    except AssertionError as error:
        found.append(str(error))
    return found


@pytest.mark.parametrize("opener", OPENERS)
def test_every_page_fits_and_is_accessible(device, axe, world, opener):  # noqa: F811
    page, wrong, opened = device(getattr(world.cast, opener)), {}, 0
    for name, address in ADDRESSES.items():
        who = next((who for who in OPENERS if expected(address, world, who) == "open"), None)
        if address.method != "get" or name in NO_PAGES or who != opener:
            continue
        answer = page.goto(address.url(name, world))
        opened += 1
        found = fault(axe, page) if answer.status == 200 else [f"answered {answer.status}"]
        if found:
            wrong[name] = found

    assert opened and wrong == {}
