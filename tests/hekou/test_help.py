"""/help/: for everybody, their own work first, and no link that leads nowhere."""

import re
from html import unescape

import pytest
from django.urls import reverse

from grids.access import permissions_of
from hekou.views.help import SECTIONS
from tests.test_matrix import STANDING

pytestmark = pytest.mark.django_db


def anchors(words):
    return {section.title: section.anchor for section in SECTIONS if section.title in words}


@pytest.mark.parametrize("who", STANDING)
def test_everybody_gets_a_page_without_a_dead_link(cast, login, who):
    client = login(getattr(cast, who))
    page = client.get(reverse("help"))
    words = page.content.decode()
    links = {unescape(href) for href in re.findall(r'<a\b[^>]*\bhref="([^"]*)"', words)}
    ids = re.findall(r'\bid="([^"]+)"', words)

    assert page.status_code == 200
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in links if href.startswith("#")} <= set(ids)
    dead = {
        href: status
        for href in links
        if href.startswith("/") and (status := client.get(href, follow=True).status_code) != 200
    }
    assert dead == {}
    assert any(href.startswith("/") for href in links)


@pytest.mark.parametrize("who", STANDING)
def test_ones_own_work_comes_first_and_the_rest_is_folded_but_there(cast, login, who):
    page = login(getattr(cast, who)).get(reverse("help"))
    held = permissions_of(getattr(cast, who))

    own, others = page.context["own"], page.context["others"]
    assert {section.permission for section in own} <= {None} | held
    assert not {section.permission for section in others} & held
    assert sorted(own + others) == sorted(SECTIONS)
    assert len(anchors(page.content.decode())) == len(SECTIONS)


def test_every_section_says_something(cast, login):
    words = login(cast.town_officer).get(reverse("help")).content.decode()
    for section in SECTIONS:
        body = re.search(rf'<section id="{section.anchor}".*?</section>', words, re.S)[0]
        assert len(re.sub(r"<[^>]*>|\s", "", body)) > 60, section.anchor


def test_strangers_are_asked_to_sign_in(client):
    assert client.get(reverse("help")).url.startswith(reverse("login"))
