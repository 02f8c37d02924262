"""Tags for pages of one room that show a little of another: only here both may be known. Loaded in every template.

{% settings_tabs "settings_care" %}          the pages of 设置 as one row of tabs, of whichever room
{% open_cases_held person as held %}         how many open cases are in the person's hand: a number, no case
{% stubborn_sites user code as sites %}      places that keep failing inspections, with their open cases
"""

from django import template
from django.template.loader import render_to_string
from django.urls import reverse

from cases.models import Case
from hekou import inspections

register = template.Library()

SETTINGS = (
    ("settings_care", "重点类别"),
    ("settings_patrol", "巡查检查点"),
    ("settings_checklists", "考察检查表"),
    ("settings_categories", "事件类别"),
    ("settings_tiles", "上报说法"),
    ("settings_calendar", "工作日历"),
    ("settings_case_rules", "事件规则"),
    ("settings_town", "名称与电话"),
)


@register.simple_tag
def settings_tabs(current):
    """The tabs of 设置, `current` (an address's name) marked."""
    tabs = [{"label": label, "url": reverse(name), "current": name == current} for name, label in SETTINGS]
    return render_to_string("components/tabs.html", {"tabs": tabs, "label": "设置"})


@register.simple_tag
def open_cases_held(person):
    """How many open cases a person has in hand, anywhere; one query."""
    return Case.objects.open().filter(holder=person).count()


@register.simple_tag
def stubborn_sites(user, code=""):
    """The 老大难 places in the reader's scope, under the place with the code; none for who sees no fieldwork there."""
    return inspections.stubborn_with_cases(user, code)
