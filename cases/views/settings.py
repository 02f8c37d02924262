"""设置 of cases: categories with their limits, the phone's tiles, the working calendar, the town's numbers."""

from calendar import Calendar
from datetime import date, timedelta

from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST

from cases.actions import settings
from cases.deadlines import WorkCalendar
from cases.forms.settings import (
    YEARS_AROUND,
    ClassForm,
    DayForm,
    NewCategoryForm,
    RulesForm,
    SubcategoryForm,
    TileForm,
    YearForm,
)
from cases.models import CalendarDay, Case, CaseCategory, CaseRules, ReportTile
from cases.vocabulary import OPEN
from grids import access
from grids.models import Grid, Tier
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, status_of, submitted

P = access.Permission
# How long before the entered days end the page begins to ask for the next year.
ASK_AHEAD = timedelta(days=60)


def _town(user):
    """The town that the user configures."""
    return Grid.objects.visible_to(user, P.CONFIGURE).tier(Tier.TOWN).order_by("code").first()


@require_http_methods(["GET", "POST"])
@permission_required(P.CONFIGURE)
def categories(request):
    """Classes with their sub-categories, and a new one; the queries do not grow with the list."""
    form = NewCategoryForm(posted(request), user=request.user)
    town = _town(request.user)
    if submitted(
        request, form, lambda form: settings.add_category(town=town, by=request.user, **form.cleaned_data)
    ):
        messages.success(request, f"已新增“{form.cleaned_data['name']}”。")
        return redirect("settings_categories")
    rows = CaseCategory.objects.visible_to(request.user, P.CONFIGURE)
    in_use = rows.in_use().select_related("unit").order_by("position", "pk")
    context = {
        "form": form,
        "classes": in_use.filter(parent=None).prefetch_related(Prefetch("children", in_use, to_attr="used")),
        "retired": rows.exclude(retired_on=None).select_related("parent").order_by("code"),
    }
    return render(request, "cases/settings_categories.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
@permission_required(P.CONFIGURE)
def category(request, pk):
    """One category: its words and limit, and what a change means."""
    rows = CaseCategory.objects.visible_to(request.user, P.CONFIGURE).select_related("parent", "unit", "town")
    rows = rows.annotate(open_cases=Count("cases", filter=Q(cases__status__in=OPEN)))
    row = visible_or_404(rows, request.user, P.CONFIGURE, pk=pk)
    if row.parent_id:
        form = SubcategoryForm(posted(request), instance=row, user=request.user)
    else:
        form = ClassForm(posted(request), instance=row)
    name = row.name
    if submitted(
        request,
        form,
        lambda form: settings.update_category(
            category=row, by=request.user, seen_version=form.cleaned_data["version"], **form.values()
        ),
    ):
        messages.success(request, f"“{form.cleaned_data['name']}”已保存。")
        return redirect("settings_categories")
    tiles = ReportTile.objects.visible_to(request.user, P.CONFIGURE).filter(category=pk, retired_on=None)
    context = {"row": row, "name": name, "form": form, "tiles": tiles.order_by("position")}
    return render(request, "cases/settings_category.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
@permission_required(P.CONFIGURE)
def tiles(request):
    """The tiles as the phone shows them, in order, and a new one."""
    form = TileForm(posted(request), user=request.user)
    town = _town(request.user)
    if submitted(request, form, lambda form: settings.add_tile(town=town, by=request.user, **form.values())):
        messages.success(request, f"已新增“{form.cleaned_data['name']}”。")
        return redirect("settings_tiles")
    rows = ReportTile.objects.visible_to(request.user, P.CONFIGURE).select_related("category__parent")
    rows = list(rows.order_by("position", "pk"))
    context = {
        "form": form,
        "rows": [row for row in rows if not row.retired_on],
        "retired": [row for row in rows if row.retired_on],
    }
    return render(request, "cases/settings_tiles.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
@permission_required(P.CONFIGURE)
def tile(request, pk):
    """One tile."""
    row = visible_or_404(ReportTile, request.user, P.CONFIGURE, related=("category", "town"), pk=pk)
    form, name = TileForm(posted(request), instance=row, user=request.user), row.name
    if submitted(
        request,
        form,
        lambda form: settings.update_tile(
            tile=row, by=request.user, seen_version=form.cleaned_data["version"], **form.values()
        ),
    ):
        messages.success(request, f"“{form.cleaned_data['name']}”已保存。")
        return redirect("settings_tiles")
    return render(
        request, "cases/settings_tile.html", {"row": row, "name": name, "form": form}, status=status_of(form)
    )


@require_http_methods(["GET", "POST"])
@permission_required(P.CONFIGURE)
def calendar(request):
    """A month of days; one day marked; what is still unknown, and the deadlines that wait for it."""
    chosen = _chosen_day(request)
    rows = CalendarDay.objects.visible_to(request.user, P.CONFIGURE)
    days = {row.day: row for row in rows.filter(day__range=_span(chosen or _month(request)))}
    form = DayForm(posted(request), initial=_as_it_is(chosen, days))
    town = _town(request.user)
    if submitted(
        request, form, lambda form: settings.mark_day(town=town, by=request.user, **form.cleaned_data)
    ):
        day = form.cleaned_data["day"]
        messages.success(
            request, f"{day:%Y-%m-%d} 已登记为{'上班' if form.cleaned_data['is_workday'] else '休息'}。"
        )
        return redirect(_at_month(day))
    return _calendar_page(
        request, chosen, days, form, YearForm(initial={"year": _next_unknown(request.user)})
    )


@require_http_methods(["POST"])
@permission_required(P.CONFIGURE)
def calendar_year(request):
    """A year's days at once; what cannot be read gives the page again."""
    form = YearForm(request.POST)
    town = _town(request.user)
    entered = 0

    def enter(form):
        nonlocal entered
        given = form.cleaned_data
        rest_of = given["year"] if given["rest"] else None
        entered = settings.enter_days(town=town, by=request.user, days=given["days"], rest_of=rest_of)

    if submitted(request, form, enter):
        messages.success(request, f"{form.cleaned_data['year']} 年登记或改动了 {entered} 天。")
        return redirect(_at_month(date(form.cleaned_data["year"], 1, 1)))
    rows = CalendarDay.objects.visible_to(request.user, P.CONFIGURE).filter(day__range=_span(_month(request)))
    return _calendar_page(request, None, {row.day: row for row in rows}, DayForm(), form)


@require_POST
@permission_required(P.CONFIGURE)
def recompute(request):
    """重算期限 of the open cases whose deadline leans on a day that was not known."""
    n = settings.recompute(town=_town(request.user), by=request.user)
    words = f"重算了 {n} 件在办事件的期限，每件都有记录。" if n else "没有需要改的期限。"
    messages.success(request, words)
    return redirect("settings_calendar")


def _calendar_page(request, chosen, days, form, year_form):
    first = _month(request) if chosen is None else chosen.replace(day=1)
    last_known = (
        CalendarDay.objects.visible_to(request.user, P.CONFIGURE)
        .order_by("-day")
        .values_list("day", flat=True)
    ).first()
    today = timezone.localdate()
    provisional = Case.objects.visible_to(request.user, P.CONFIGURE).open().filter(is_provisional=True)
    context = {
        "first": first,
        "before": _at_month(first - timedelta(days=1)) if first.year >= today.year - YEARS_AROUND else "",
        "after": _at_month(first + timedelta(days=31)) if first.year <= today.year + YEARS_AROUND else "",
        "weeks": _weeks(first, days, chosen),
        "chosen": chosen,
        "form": form,
        "year_form": year_form,
        "last_known": last_known,
        "runs_out": last_known is None or last_known < today + ASK_AHEAD,
        "provisional": provisional.count(),
    }
    return render(request, "cases/settings_calendar.html", context, status=status_of(form, year_form))


def _weeks(first, days, chosen):
    """The weeks of a month; each day with what is entered, or with what its weekday says; None outside the month."""
    rule = WorkCalendar(zone=timezone.get_default_timezone(), days={})
    today = timezone.localdate()

    def cell(day):
        row = days.get(day)
        works = row.is_workday if row else rule.is_workday(day)
        return {
            "day": day,
            "works": works,
            "is_known": row is not None,
            "note": row.note if row else "",
            "is_today": day == today,
            "is_chosen": day == chosen,
            "url": f"{reverse('settings_calendar')}?day={day:%Y-%m-%d}#day",
        }

    weeks = Calendar().monthdatescalendar(first.year, first.month)
    return [[cell(day) if day.month == first.month else None for day in week] for week in weeks]


def _month(request):
    """The first day of the month asked for (`month=2026-11`), else of this month."""
    day = _day(f"{request.GET.get('month', '')}-01")
    return day or timezone.localdate().replace(day=1)


def _chosen_day(request):
    return _day(request.GET.get("day", ""))


def _day(text):
    """A day within the years that the calendar shows, or None."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    near = day and abs(day.year - timezone.localdate().year) <= YEARS_AROUND
    return day if near else None


def _span(day):
    """The first and last day of its month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _at_month(day):
    return f"{reverse('settings_calendar')}?month={day:%Y-%m}"


def _as_it_is(day, days):
    if day is None:
        return {}
    row = days.get(day)
    return {"day": day} | ({"is_workday": "1" if row.is_workday else "0", "note": row.note} if row else {})


def _next_unknown(user):
    """The year that is entered next: the one in which the entered days end, or the one behind it."""
    rows = CalendarDay.objects.visible_to(user, P.CONFIGURE).order_by("-day").values_list("day", flat=True)
    last = rows.first()
    return (last + timedelta(days=1)).year if last else timezone.localdate().year


@require_http_methods(["GET", "POST"])
@permission_required(P.CONFIGURE)
def rules(request):
    """The town's own numbers."""
    town = _town(request.user)
    row = CaseRules.objects.visible_to(request.user, P.CONFIGURE).filter(town=town).first()
    form = RulesForm(posted(request), instance=row or CaseRules(town=town))
    if submitted(
        request,
        form,
        lambda form: settings.update_rules(
            town=town, by=request.user, seen_version=form.cleaned_data.get("version"), **form.values()
        ),
    ):
        messages.success(request, "事件规则已保存。")
        return redirect("settings_case_rules")
    return render(request, "cases/settings_rules.html", {"form": form}, status=status_of(form))
