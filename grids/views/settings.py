"""设置: care categories and how often they are visited, patrol points, how the office names itself."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from grids import access
from grids.actions import settings
from grids.exceptions import DomainError
from grids.forms.settings import (
    FrequencyForm,
    MoveForm,
    NameForm,
    NewCategoryForm,
    PointForm,
    TownProfileForm,
)
from grids.models import CareCategory, Grid, PatrolPoint, Tier, TownProfile
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, status_of, submitted

P = access.Permission


def _town(user):
    """The town that the user configures."""
    return Grid.objects.visible_to(user, P.CONFIGURE).tier(Tier.TOWN).order_by("code").first()


@permission_required(P.CONFIGURE)
def care(request):
    """The categories in their order, and a new one."""
    form = NewCategoryForm(posted(request))
    town = _town(request.user)
    if submitted(
        request, form, lambda form: settings.add_category(town=town, by=request.user, **form.cleaned_data)
    ):
        messages.success(request, f"已新增类别“{form.cleaned_data['name']}”。")
        return redirect("settings_care")
    rows = _categories(request.user)
    context = {
        "form": form,
        "rows": [_shown(row) for row in rows if not row.retired_on],
        "retired": [row for row in rows if row.retired_on],
    }
    return render(request, "grids/settings_care.html", context, status=status_of(form))


def _categories(user):
    today = timezone.localdate()
    here = Q(residents__starts_on__lte=today) & (Q(residents__ends_on=None) | Q(residents__ends_on__gt=today))
    rows = CareCategory.objects.visible_to(user, P.CONFIGURE).annotate(people=Count("residents", filter=here))
    return rows.prefetch_related("frequencies").order_by("position", "pk")


def _shown(category):
    """A category with the frequency of today and one that is planned, from prefetched rows."""
    today = timezone.localdate()
    frequencies = sorted(category.frequencies.all(), key=lambda row: row.starts_on)
    return {
        "category": category,
        "now": next((row for row in frequencies if row.holds_on(today)), None),
        "planned": next((row for row in frequencies if row.starts_on > today), None),
        "frequencies": list(reversed(frequencies)),
    }


@permission_required(P.CONFIGURE)
def category(request, pk):
    """One category: its name, and how often, with what a change means."""
    row = visible_or_404(_categories(request.user), request.user, P.CONFIGURE, pk=pk)
    shown = _shown(row)
    name = NameForm(posted(request) if "name" in request.POST else None, initial={"name": row.name})
    current = {"frequency": shown["now"].frequency} if shown["now"] else {}
    frequency = FrequencyForm(posted(request) if "name" not in request.POST else None, initial=current)
    if name.is_bound and submitted(
        request, name, lambda form: settings.rename(row=row, by=request.user, **form.cleaned_data)
    ):
        messages.success(request, "名称已保存。")
        return redirect("settings_care")
    if frequency.is_bound and submitted(
        request,
        frequency,
        lambda form: settings.set_frequency(category=row, by=request.user, **form.cleaned_data),
    ):
        day = frequency.cleaned_data["starts_on"]
        messages.success(request, f"“{row.name}”的频次从 {day:%Y-%m-%d} 起改变，已记入审计。")
        return redirect("settings_category", pk)
    context = {"row": row, "name": name, "frequency": frequency, **shown}
    status = status_of(name, frequency)
    return render(request, "grids/settings_category.html", context, status=status)


@permission_required(P.CONFIGURE)
def patrol(request):
    """The checklist of patrols, and a new point."""
    form = PointForm(posted(request))
    town = _town(request.user)
    if submitted(
        request, form, lambda form: settings.add_point(town=town, by=request.user, **form.cleaned_data)
    ):
        messages.success(request, f"已新增检查点“{form.cleaned_data['name']}”。")
        return redirect("settings_patrol")
    points = list(PatrolPoint.objects.visible_to(request.user, P.CONFIGURE).order_by("position", "pk"))
    context = {
        "form": form,
        "rows": [point for point in points if not point.retired_on],
        "retired": [point for point in points if point.retired_on],
    }
    return render(request, "grids/settings_patrol.html", context, status=status_of(form))


@permission_required(P.CONFIGURE)
def point(request, pk):
    """The name of one patrol point."""
    row = visible_or_404(PatrolPoint, request.user, P.CONFIGURE, pk=pk)
    form = PointForm(posted(request), initial={"name": row.name})
    if submitted(request, form, lambda form: settings.rename(row=row, by=request.user, **form.cleaned_data)):
        messages.success(request, "名称已保存。")
        return redirect("settings_patrol")
    context = {"row": row, "form": form}
    return render(request, "grids/settings_point.html", context, status=status_of(form))


@require_POST
@permission_required(P.CONFIGURE)
def move(request, pk, model, back, actions=settings):
    """One step up or down the list; `actions` are those of the room whose list it is."""
    row = visible_or_404(model, request.user, P.CONFIGURE, pk=pk)
    form = MoveForm(request.POST)
    if not submitted(request, form, lambda form: actions.move(row=row, by=request.user, **form.cleaned_data)):
        messages.error(request, "没有改变次序，请刷新后再试。")
    return redirect(back)


@require_POST
@permission_required(P.CONFIGURE)
def retire(request, pk, model, back, actions=settings):
    """Take it off the forms, or put it back (`retired` is 1 or 0)."""
    row = visible_or_404(model, request.user, P.CONFIGURE, pk=pk)
    retired = request.POST.get("retired") == "1"
    try:
        actions.set_retired(row=row, by=request.user, retired=retired)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{row.name}”已{'停用' if retired else '恢复'}。")
    return redirect(back)


@permission_required(P.CONFIGURE)
def town(request):
    """How the office names itself."""
    place = _town(request.user)
    profile = TownProfile.objects.visible_to(request.user, P.CONFIGURE).filter(town=place).first()
    form = TownProfileForm(posted(request), instance=profile or TownProfile(town=place))
    if submitted(
        request, form, lambda form: settings.update_profile(town=place, by=request.user, **form.cleaned_data)
    ):
        messages.success(request, "名称与电话已保存。")
        return redirect("settings_town")
    context = {"form": form, "town": place}
    return render(request, "grids/settings_town.html", context, status=status_of(form))
