"""承办单位: the units, who acts for them from when to when, and who did."""

from django.contrib import messages
from django.db.models import Prefetch
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from grids import access
from grids.access import Permission as P
from grids.actions.staff import units as actions
from grids.actions.staff.terms import StaffRefused
from grids.forms.staff.fields import assignable_people, staffable_places
from grids.forms.staff.terms import LastDayForm
from grids.forms.staff.units import MemberForm, NewUnitForm, RetireUnitForm, UnitForm
from grids.models import Unit, UnitMembership
from grids.views.scoped import permission_required, visible_or_404
from grids.views.staff.deed import done
from grids.views.submitting import posted, status_of


def form_page(request, title, form, **context):
    """One form on a page; 422 where something is to be corrected."""
    given = {"title": title, "form": form, "label": "保存", **context}
    return render(request, "grids/staff_unit_form.html", given, status=status_of(form))


@require_GET
@permission_required(P.SEE_STAFF)
def staff_units(request):
    """Every unit with those who act for it now or soon; three queries."""
    today = timezone.localdate()
    members = UnitMembership.objects.visible_to(request.user, P.SEE_STAFF).exclude(ends_on__lte=today)
    members = members.select_related("user").order_by("starts_on", "pk")
    rows = Unit.objects.visible_to(request.user, P.SEE_STAFF).order_by("pk")
    rows = list(rows.prefetch_related(Prefetch("memberships", members, to_attr="members")))
    context = {
        "units": [unit for unit in rows if unit.retired_on is None or unit.retired_on > today],
        "retired": [unit for unit in rows if unit.retired_on and unit.retired_on <= today],
        "today": today,
        "may_edit": access.can(request.user, P.EDIT_STAFF),
    }
    return render(request, "grids/staff_units.html", context)


@require_GET
def staff_unit(request, uuid):
    """One unit: its members now, those to come, those who were."""
    unit = visible_or_404(Unit, request.user, P.SEE_STAFF, uuid=uuid)
    today = timezone.localdate()
    rows = UnitMembership.objects.visible_to(request.user, P.SEE_STAFF).filter(unit=unit)
    members = list(rows.select_related("user").order_by("-starts_on", "-pk"))
    context = {
        "unit": unit,
        "members": [member for member in members if member.holds_on(today)],
        "coming": [member for member in members if member.starts_on > today],
        "past": [member for member in members if member.ends_on and member.ends_on <= today],
        "is_retired": unit.retired_on is not None and unit.retired_on <= today,
        "may_edit": access.can(request.user, P.EDIT_STAFF, unit.town_id),
        # Heads and villages see the units of the town, but not everybody's own page.
        "may_open_people": access.can(request.user, P.SEE_STAFF, unit.town_id),
        "sees_audit": access.can(request.user, P.SEE_AUDIT, unit.town_id),
    }
    return render(request, "grids/staff_unit.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(P.EDIT_STAFF)
def staff_unit_new(request):
    form = NewUnitForm(posted(request), places=staffable_places(request.user))
    if done(request, form, actions.add_unit):
        messages.success(request, f"已添加{form.cleaned_data['name']}，现在可以添加成员。")
        return redirect("staff_units")
    return form_page(request, "添加单位", form, label="添加")


def _unit_or_404(request, uuid):
    return visible_or_404(Unit, request.user, P.EDIT_STAFF, uuid=uuid)


@require_http_methods(["GET", "POST"])
def staff_unit_edit(request, uuid):
    unit = _unit_or_404(request, uuid)
    form = UnitForm(posted(request), initial={"name": unit.name, "phone": unit.phone})
    if done(request, form, lambda **given: actions.edit_unit(unit=unit, **given)):
        messages.success(request, "已保存。")
        return redirect(unit)
    return form_page(request, "改名称或电话", form, unit=unit)


@require_http_methods(["GET", "POST"])
def staff_unit_retire(request, uuid):
    unit = _unit_or_404(request, uuid)
    form = RetireUnitForm(posted(request))
    if done(request, form, lambda **given: actions.retire_unit(unit=unit, **given)):
        messages.success(request, f"{unit.name}用到 {form.cleaned_data['last_day']:%Y-%m-%d}，第二天起停用。")
        return redirect(unit)
    return form_page(request, "停用单位", form, unit=unit, label="停用", tone="danger")


@require_POST
def staff_unit_restore(request, uuid):
    unit = _unit_or_404(request, uuid)
    actions.restore_unit(unit=unit, by=request.user)
    messages.success(request, f"{unit.name}已恢复使用。随它停用的成员请重新添加。")
    return redirect(unit)


@require_http_methods(["GET", "POST"])
def staff_unit_member_new(request, uuid):
    unit = _unit_or_404(request, uuid)
    people = list(assignable_people(request.user))
    form = MemberForm(posted(request), people=people)
    if done(request, form, lambda **given: actions.add_member(unit=unit, **given)):
        messages.success(request, f"已添加{form.cleaned_data['person'].name}。")
        return redirect(unit)
    return form_page(request, "添加成员", form, unit=unit, people=people, label="添加")


def _member_or_404(request, pk):
    related = ("unit", "user")
    return visible_or_404(UnitMembership, request.user, P.EDIT_STAFF, related=related, pk=pk)


@require_http_methods(["GET", "POST"])
def staff_member(request, pk):
    """Let a membership end on a day, or later, or not at all."""
    member = _member_or_404(request, pk)
    form = LastDayForm(posted(request), initial={"last_day": member.last_day or timezone.localdate()})
    if done(request, form, lambda **given: actions.set_member_last_day(member=member, **given)):
        messages.success(request, f"已改{member.user.name}的日期。")
        return redirect(member.unit)
    context = {"unit": member.unit, "member": member, "can_cancel": member.starts_on > timezone.localdate()}
    return form_page(request, "结束或改期", form, **context)


@require_POST
def staff_member_cancel(request, pk):
    member = _member_or_404(request, pk)
    try:
        actions.cancel_member(member=member, by=request.user)
    except StaffRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "已撤销。")
    return redirect(member.unit)
