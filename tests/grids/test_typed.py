"""What is typed to find somebody never stands in an address, and comes back by the key that does."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from grids.views.typed import KEPT
from tests.conftest import Cast
from tests.factories import HouseholdFactory, ResidentFactory
from tests.test_architecture import ROOT, TEMPLATES

pytestmark = pytest.mark.django_db

# Every page that is narrowed by words about people, by whom it is tried, and its typed field.
PAGES = {
    "search": ("gridworker", "q"),
    "household_list": ("gridworker", "q"),
    "visit_pick": ("gridworker", "q"),
    "concern_pick": ("gridworker", "q"),
    "today_evening": ("gridworker", "q"),
    "staff": ("admin", "q"),
    "staff_people": ("admin", "q"),
    "staff_handover": ("admin", "who"),
    "audit_list": ("auditor", "label"),
}


@pytest.fixture
def home(net):
    household = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    ResidentFactory(household=household, name="赵老汉")
    return household


def key_of(response):
    return parse_qs(urlsplit(response.url).query)["typed"][0]


@pytest.mark.parametrize("page", PAGES)
def test_the_address_does_not_say_what_was_typed(page, cast: Cast, home, login):
    who, field = PAGES[page]
    client, url = login(getattr(cast, who)), reverse(page)

    led = client.post(url, {field: "赵老汉 13812345678"})
    shown, again = client.get(led.url), client.get(led.url)

    assert led.status_code == 302
    assert re.fullmatch(re.escape(url) + r"\?typed=[\w-]{12}", led.url)
    assert "赵老汉 13812345678" in shown.content.decode()
    assert again.status_code == 200 and "赵老汉 13812345678" in again.content.decode()
    assert "赵老汉 13812345678" not in client.get(url).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_an_address_that_says_it_is_not_listened_to(page, cast, home, login):
    who, field = PAGES[page]

    answer = login(getattr(cast, who)).get(reverse(page), {field: "神秘人"})

    assert answer.status_code == 200 and "神秘人" not in answer.content.decode()


def test_the_move_of_a_resident_looks_for_its_target_the_same_way(cast, home, login, net):
    resident = home.residents.get()
    target = HouseholdFactory(grid=net.grid, address="沟底村 9 号")
    client, url = login(cast.gridworker), reverse("resident_move", args=[resident.uuid])

    led = client.post(url, {"q": "9 号"})

    assert "9" not in led.url.removeprefix(url).replace(key_of(led), "")
    assert client.get(led.url).context["found"][0] == target


def test_the_rest_of_a_filter_stays_in_the_address(cast, home, login, net):
    client = login(cast.gridworker)

    led = client.post(reverse("household_list"), {"q": "赵", "grid": net.grid.code, "away": "", "page": "3"})
    plain = client.post(reverse("household_list"), {"q": "", "grid": net.grid.code})

    assert led.url == f"{reverse('household_list')}?grid={net.grid.code}&typed={key_of(led)}"
    assert [row.household for row in client.get(led.url).context["rows"]] == [home]
    assert plain.url == f"{reverse('household_list')}?grid={net.grid.code}"


def test_pages_go_on_with_the_same_words(cast, login, net):
    for number in range(55):
        ResidentFactory(household=HouseholdFactory(grid=net.grid), name=f"钱{number}")
    ResidentFactory(household=HouseholdFactory(grid=net.grid), name="孙一")
    client = login(cast.gridworker)
    led = client.post(reverse("household_list"), {"q": "钱"})

    onward = re.search(r'rel="next" href="(\?[^"]+)"', client.get(led.url).content.decode())[1]
    second = client.get(reverse("household_list") + onward.replace("&amp;", "&"))

    assert key_of(led) in onward and "钱" not in onward
    assert (second.context["page"].number, second.context["page"].paginator.count) == (2, 55)


def test_two_searches_do_not_meet(cast, home, login):
    client = login(cast.gridworker)
    first, second = (client.post(reverse("search"), {"q": q}).url for q in ("赵老汉", "孙二"))

    assert client.get(first).context["words"] == "赵老汉"
    assert client.get(second).context["words"] == "孙二"


def test_a_key_says_nothing_elsewhere(cast, home, login):
    """Not to a colleague, not on another field, not after the last searches have pushed it out."""
    client = login(cast.gridworker)
    led = client.post(reverse("search"), {"q": "赵老汉"})
    other = Client()
    other.force_login(cast.grid_head)

    assert other.get(led.url).context["words"] == ""
    for _ in range(KEPT):
        client.post(reverse("search"), {"q": "孙二"})
    assert client.get(led.url).context["words"] == ""
    assert len(client.session["typed"]) == KEPT


@pytest.mark.parametrize("page", PAGES)
def test_a_search_that_is_over_says_so(page, cast, home, login):
    who, field = PAGES[page]
    client, url, over = login(getattr(cast, who)), reverse(page), "查找条件已过期，请重新输入。"

    assert over in client.get(url, {"typed": "goneforever1"}).content.decode()
    assert over not in client.get(url).content.decode()
    assert over not in client.get(client.post(url, {field: "赵老汉"}).url).content.decode()


def test_the_session_keeps_it_sealed(cast, home, login):
    client = login(cast.gridworker)
    led = client.post(reverse("search"), {"q": "赵老汉"})
    kept = Session.objects.get(session_key=client.session.session_key).get_decoded()["typed"]

    assert "赵老汉" not in str(kept) and "\\u8d75" not in str(kept)
    session = client.session
    session["typed"] = {key_of(led): "gone:AAAA"}
    session.save()
    assert client.get(led.url).context["words"] == ""


@pytest.mark.parametrize("path", TEMPLATES, ids=[str(path.relative_to(ROOT)) for path in TEMPLATES])
def test_no_page_sends_words_by_get(path):
    """A search box stands in a form that posts; no link carries ?q=."""
    text = path.read_text()
    forms = re.findall(r"<form[^>]*method=\"get\".*?</form>", text, re.DOTALL)
    forms += re.findall(r"{% filters(?![^%]*posts=True).*?endfilters %}", text, re.DOTALL)

    assert not any(
        re.search(r'type="search"|name="(q|who|label|by)"|\.(q|who|label|by)\b', form) for form in forms
    )
    assert not re.search(r"[?&](q|who|label|by)=", text)
