"""Every address that answers a GET, opened by somebody who may: accessible, one heading, no wider than the screen."""

import pytest

from tests.test_matrix import ADDRESSES, expected, world  # noqa: F401 - `world` is a fixture

pytestmark = pytest.mark.django_db(transaction=True)

# Field and office see the pages they share differently: a gridworker opens all of theirs on the phone, an officer all
# of theirs at the desk, and on each device the others open what is left: every page is looked at in both sizes.
OPENERS = {"phone": ("gridworker", "town_officer", "admin", "auditor")}
OPENERS["desktop"] = ("town_officer", "gridworker", "admin", "auditor")
# In parts, so that two workers end at the same time.
PARTS = 4
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


def opener_of(device, address, world):  # noqa: F811
    """Who opens it on that device: the first who may."""
    return next((who for who in OPENERS[device] if expected(address, world, who) == "open"), None)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_fits_and_is_accessible(request, device, axe, world, part):  # noqa: F811
    kind = request.node.callspec.params["device"]
    pages, wrong = {}, {}
    for name, address in list(ADDRESSES.items())[part::PARTS]:
        who = opener_of(kind, address, world)
        if address.method != "get" or name in NO_PAGES or who is None:
            continue
        if who not in pages:
            pages[who] = device(getattr(world.cast, who))
        answer = pages[who].goto(address.url(name, world))
        found = fault(axe, pages[who]) if answer.status == 200 else [f"answered {answer.status}"]
        if found:
            wrong[name] = found

    assert pages and not wrong, "\n".join(f"{name}: {'; '.join(found)}" for name, found in wrong.items())
