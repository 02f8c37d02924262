"""Every address that answers a GET, opened by somebody who may: accessible, one heading, no wider than the screen."""

import pytest

from tests.test_matrix import ADDRESSES, expected, world  # noqa: F401 - `world` is a fixture

pytestmark = pytest.mark.django_db(transaction=True)

# Field and office see the pages they share differently, so both open all of theirs; the others open what is left.
OPENERS = ("gridworker", "town_officer", "admin", "auditor")
ALL_OF_THEIRS = {"gridworker", "town_officer"}
NO_PAGES = {"photo", "case_photo", "questionnaire_xlsform"}

# The width is the screen's: a phone's `innerWidth` grows with a page that is too wide.
WHAT_IS_WRONG = """
(width) => [
    document.querySelectorAll("h1").length === 1 ? "" : `${document.querySelectorAll("h1").length} main headings`,
    document.documentElement.scrollWidth <= width ? ""
        : `${document.documentElement.scrollWidth} wide on ${width}`,
    document.title.trim() ? "" : "no title",
].filter(Boolean)
"""


# A thumb needs 44 px. A link inside a sentence has the sentence's height, a box in a label has the label, and a
# figure's link covers its card.
TOO_LOW = """
() => [...document.querySelectorAll("main a, main button, main summary, main select, main input, main label.choice")]
    .filter((one) => {
        const box = one.getBoundingClientRect();
        const unseen = !box.width || box.width < 2 || one.closest(".sr-only, .leaflet-control-attribution");
        const covers = getComputedStyle(one, "::after").position === "absolute";
        const inLabel = one.tagName === "INPUT" && one.closest("label");
        const inSentence = getComputedStyle(one).display === "inline"
            && [...one.parentNode.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        return box.height < 43.5 && !unseen && !covers && !inLabel && !inSentence;
    })
    .map((one) => `${Math.round(one.getBoundingClientRect().height)} px: ${one.outerHTML.slice(0, 120)}`)
    .slice(0, 3)
"""


def fault(axe, page):
    """What axe and the page's own measures complain about, as a list of words."""
    found = page.evaluate(WHAT_IS_WRONG, page.viewport_size["width"])
    if page.viewport_size["width"] < 600:
        found += page.evaluate(TOO_LOW)
    try:
        axe(page)
    except AssertionError as error:
        found.append(str(error))
    return found


def opened_by(opener, address, world):  # noqa: F811
    """Whether this opener is to open it."""
    may = [who for who in OPENERS if expected(address, world, who) == "open"]
    return opener in may and (opener in ALL_OF_THEIRS or opener == may[0])


@pytest.mark.parametrize("opener", OPENERS)
def test_every_page_fits_and_is_accessible(device, axe, world, opener):  # noqa: F811
    page, wrong, opened = device(getattr(world.cast, opener)), {}, 0
    for name, address in ADDRESSES.items():
        if address.method != "get" or name in NO_PAGES or not opened_by(opener, address, world):
            continue
        answer = page.goto(address.url(name, world))
        opened += 1
        found = fault(axe, page) if answer.status == 200 else [f"answered {answer.status}"]
        if found:
            wrong[name] = found

    assert opened and not wrong, "\n".join(f"{name}: {'; '.join(found)}" for name, found in wrong.items())
