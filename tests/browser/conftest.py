"""A real browser for the journeys: one Chromium per worker, a phone and a desktop, and a page that bears no fault.

    def test_a_visit(phone, cast):
        page = phone(cast.gridworker)      # signed in; phone() is a stranger's
        page.goto("/")
        axe(page)                          # the fixture of the same name

Whatever the browser complains about fails the test: console errors, uncaught exceptions, refused scripts or styles.
A page that is meant to answer with an error is opened inside `with expecting(404):`.
"""

import os
import shutil
from contextlib import contextmanager

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Error, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 10; HLK-AL00) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/110.0.0.0 Mobile Safari/537.36",
}
DESKTOP = {"viewport": {"width": 1366, "height": 768}}
PATIENCE = 10_000  # Milliseconds until an element that does not come is a failure, on a busy machine.

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`Content security policy: ${event.violatedDirective} refused ${event.blockedURI}`));
"""
# Without `preload`, which fetches every stylesheet anew for two rules about autoplay and a turned screen.
RUN_AXE = """
() => axe.run(document, {resultTypes: ["violations"], preload: false}).then((found) => found.violations.map((rule) =>
    `${rule.id} (${rule.impact}): ${rule.help}\\n` + rule.nodes.map((node) =>
        `    ${node.target.join(" ")}: ${node.html.slice(0, 160)}`).join("\\n")))
"""


@pytest.fixture(scope="session")
def browser():
    """Chromium, or a skip that says so; with CI=true a missing browser is a failure."""
    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if executable is None:
        missing = "No Chromium was found, so the journeys in a real browser are not tested."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    # Playwright keeps an event loop in this thread; Django takes that for async code and refuses to query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Faults(list):
    """What the browser complained about, by page address; `expected` holds the statuses a test provokes."""

    expected = frozenset()

    def watch(self, page):
        page.on("pageerror", lambda error: self.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._heard(page, message))

    def _heard(self, page, message):
        if message.type != "error":
            return
        # Chromium and htmx each have their own words for it.
        words = (f"{said} {status}" for status in self.expected for said in ("status of", "Error Code"))
        if any(said in message.text for said in words):
            return
        self.append(f"{page.url}: {message.text}")


@pytest.fixture
def faults():
    """The complaints so far; the test fails at its end if any is left."""
    faults = Faults()
    yield faults
    assert not faults, "The browser complained:\n" + "\n".join(faults)


@pytest.fixture
def expecting(faults):
    """`with expecting(404):` lets a page answer with these statuses."""

    @contextmanager
    def expecting(*statuses):
        faults.expected = frozenset(statuses)
        try:
            yield
        finally:
            faults.expected = frozenset()

    return expecting


@pytest.fixture
def signed_in(live_server):
    """`signed_in(page, user)` gives the page's context a session of that user, as if freshly logged in."""

    def signed_in(page, user):
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
        return page

    return signed_in


@pytest.fixture
def open_page(browser, transactional_db, live_server, faults, signed_in):
    """`open_page(device, user=None)`: a page in a context of its own, closed after the test."""
    contexts = []

    def open_page(device, user=None, **options):
        place = {"base_url": live_server.url, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        context = browser.new_context(**place | device | options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("page", faults.watch)
        page = context.new_page()
        return signed_in(page, user) if user else page

    yield open_page
    for context in contexts:
        try:
            # Requests still on their way would meet an emptied database.
            for page in context.pages:
                page.goto("about:blank")
        except Error:
            pass
        context.close()


@pytest.fixture
def phone(open_page):
    """`phone(user=None)`: a page of 390 × 844 with touch."""
    return lambda user=None, **options: open_page(PHONE, user, **options)


@pytest.fixture
def desktop(open_page):
    """`desktop(user=None)`: a page of 1366 × 768."""
    return lambda user=None, **options: open_page(DESKTOP, user, **options)


@pytest.fixture(params=["phone", "desktop"])
def device(request):
    """The same journey on both: a test that takes `device` runs twice."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def axe():
    """`axe(page)`: no accessibility fault that the axe engine can find, on the page as it stands."""

    def axe(page):
        # Evaluated by the debugger, which the content security policy of the page does not bind.
        if not page.evaluate('typeof axe === "object"'):
            page.evaluate(AXE_SCRIPT)
        found = page.evaluate(RUN_AXE)
        assert not found, f"{page.url} is not accessible:\n" + "\n".join(found)

    return axe
