"""The kit every page is built from: what people read and press, and nothing typed turned into markup."""

import datetime as dt

import pytest
from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import Context, Template
from django.template.loader import render_to_string

from hekou.navigation import page_name
from hekou.ui import undo_url


class VisitForm(forms.Form):
    on = forms.DateField(label="走访日期", initial=dt.date(2026, 11, 23), help_text="可以补录。")
    kind = forms.ChoiceField(
        label="方式", choices=[("door", "上门"), ("phone", "电话")], widget=forms.RadioSelect
    )
    words = forms.CharField(label="听到了什么", required=False, max_length=5)


def render(source, **context):
    return Template(source).render(Context(context))


def test_a_date_is_typed_as_the_browser_wants_it():
    assert '<input type="date" name="on" value="2026-11-23"' in str(VisitForm()["on"])


def test_a_form_says_what_is_wrong_and_leads_to_it():
    form = VisitForm({"on": "2026-11-23", "words": "水管冻裂好几天了"})

    page = str(form)

    assert 'href="#id_kind_0"' in page
    assert 'href="#id_words"' in page
    assert 'id="id_words_error"' in page
    assert 'value="水管冻裂好几天了"' in page


def test_a_field_says_whether_it_is_needed():
    form = VisitForm()

    assert "必填" in form["on"].as_field_group()
    assert "选填" in form["words"].as_field_group()


def test_a_field_may_say_when_it_is_needed():
    field = forms.CharField(label="见到了谁", required=False)
    field.need = "见到了就要选"
    page = type("F", (forms.Form,), {"met": field})()["met"].as_field_group()

    assert "见到了就要选" in page and "选填" not in page


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/today/", "今日"),
        ("/net/", "网格"),
        ("/visits/", "走访"),
        ("/visits/new/", "登记走访"),
        ("/households/8a4b7c3e-0000-4000-8000-000000000000/", "户的页面"),
        ("/visits/8a4b7c3e-0000-4000-8000-000000000000/print/", "走访里的一页"),
        ("/nowhere/", "/nowhere/"),
        ("", ""),
    ],
)
def test_a_page_is_called_what_people_call_it(path, name):
    assert page_name(path) == name


def test_a_component_does_not_turn_typed_words_into_markup():
    page = render("{% card title=words %}{{ words }}{% endcard %}", words="<b>急</b>")

    assert page.count("&lt;b&gt;急") == 2
    assert "<b>" not in page


def test_a_bulk_form_carries_the_token_of_its_request():
    page = render('{% bulk "/confirm/" "批量确认" %}行{% endbulk %}', csrf_token="sesame")

    assert 'value="sesame"' in page


@pytest.mark.parametrize(
    ("tags", "address"), [("", ""), ("undo:/visits/1/undo/", "/visits/1/undo/"), ("big undo:/x/", "/x/")]
)
def test_a_message_may_offer_an_undo(tags, address):
    assert undo_url(Message(constants.SUCCESS, "已记下", extra_tags=tags)) == address


def test_the_page_for_our_own_failure_needs_no_context():
    assert "不是您的操作有误" in render_to_string("500.html")
