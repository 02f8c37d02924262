"""One person: the page about them, and the small forms that change what is known."""

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from grids import access
from grids.actions import residents, standing
from grids.actions.placed import grid_of
from grids.forms.residents import (
    AbsenceForm,
    CareForm,
    ConsentForm,
    EndCareForm,
    FindHouseholdForm,
    MoveResidentForm,
    RelativeForm,
    ResidentForm,
    ReturnForm,
)
from grids.models import Absence, Household, Relative, Resident
from grids.views.rights import rights_at
from grids.views.scoped import visible_or_404
from grids.views.submitting import posted, status_of, submitted
from grids.views.typed import takes_typed

P = access.Permission


def _to_edit(model, request, **lookup):
    """The row if the user may edit its household, else 403 or 404."""
    return visible_or_404(model, request.user, P.EDIT_HOUSEHOLDS, **lookup)


def resident(request, uuid):
    """All that is known of one person, with its history."""
    person = visible_or_404(Resident, request.user, P.SEE_HOUSEHOLDS, uuid=uuid)
    grid = grid_of(person.household)
    today = timezone.localdate()
    context = {
        "resident": person,
        "household": person.household,
        "grid": grid,
        "rights": rights_at(request.user, grid),
        "care": person.care.select_related("category").order_by("category__position", "-starts_on"),
        "absences": person.absences.order_by("-starts_on"),
        "homes": _homes(request.user, person),
        "relatives": person.relatives.filter(removed_on=None).order_by("pk"),
        "consents": person.consents.order_by("kind", "-given_on"),
        "today": today,
    }
    return render(request, "grids/resident.html", context)


def _homes(user, person):
    """Where somebody lived, newest first; of a door outside the user's scope only that there was one."""
    seen = Household.objects.visible_to(user, P.SEE_HOUSEHOLDS).filter(pk=OuterRef("household_id"))
    rows = person.residences.select_related("household").annotate(is_seen=Exists(seen))
    return [
        {
            "when": f"{row.starts_on:%Y-%m-%d} 起" + (f"，到 {row.last_day:%Y-%m-%d}" if row.ends_on else ""),
            "title": row.household.address if row.is_seen else "别处",
            "url": row.household.get_absolute_url() if row.is_seen else "",
            "tone": "plain" if row.ends_on else "info",
        }
        for row in rows.order_by("-starts_on")
    ]


def resident_new(request, uuid):
    """Add a person to a household."""
    household = _to_edit(Household, request, uuid=uuid)
    form = ResidentForm(posted(request), user=request.user)

    def act(form):
        since = form.cleaned_data["since"]
        residents.add_resident(household=household, by=request.user, since=since, **form.values())

    if submitted(request, form, act):
        messages.success(request, f"已添加{form.cleaned_data['name']}。")
        return redirect(household)
    context = {"form": form, "household": household}
    return render(request, "grids/resident_form.html", context, status=status_of(form))


def resident_edit(request, uuid):
    """Correct what is known of a person; two at once see both versions."""
    person = _to_edit(Resident, request, uuid=uuid)
    form = ResidentForm(posted(request), instance=person, user=request.user)

    def act(form):
        version = form.cleaned_data["version"]
        residents.update_resident(resident=person, by=request.user, seen_version=version, **form.values())

    if submitted(request, form, act):
        messages.success(request, "已保存。")
        return redirect("resident", uuid)
    context = {"form": form, "resident": person, "household": person.household}
    return render(request, "grids/resident_form.html", context, status=status_of(form))


@takes_typed("q")
def resident_move(request, uuid):
    """Find the household somebody moves to, then move them there; both must be in the user's scope."""
    person = _to_edit(Resident, request, uuid=uuid)
    move = MoveResidentForm(posted(request), user=request.user)

    def act(form):
        residents.move_resident(resident=person, by=request.user, **form.cleaned_data)

    if submitted(request, move, act):
        messages.success(request, f"{person.name}已迁入{move.cleaned_data['household'].address}。")
        return redirect(move.cleaned_data["household"])
    find = FindHouseholdForm(request.filters, user=request.user)
    found = find.found(besides=person.household)
    context = {"resident": person, "find": find, "found": found, "form": move}
    return render(request, "grids/resident_move.html", context, status=status_of(move))


def _step(request, person, form, act, *, title, label="保存", hint=""):
    """A page of one small form about a person, which leads back to their page."""
    if submitted(request, form, act):
        messages.success(request, "已保存。")
        return redirect("resident", person.uuid)
    context = {"resident": person, "form": form, "title": title, "label": label, "hint": hint}
    return render(request, "grids/resident_step.html", context, status=status_of(form))


def care_new(request, uuid):
    """Put a person into a care category."""
    person = _to_edit(Resident, request, uuid=uuid)
    form = CareForm(posted(request), user=request.user)

    def act(form):
        standing.begin_care(resident=person, by=request.user, **form.cleaned_data)

    return _step(request, person, form, act, title="登记重点类别")


def care_end(request, uuid, pk):
    """The last day somebody is in a category."""
    person = _to_edit(Resident, request, uuid=uuid)
    care = get_object_or_404(person.care.select_related("category"), pk=pk)
    form = EndCareForm(posted(request))

    def act(form):
        standing.end_care(care=care, by=request.user, **form.cleaned_data)

    return _step(request, person, form, act, title=f"结束“{care.category.name}”", label="结束")


def absence_new(request, uuid):
    """Somebody is away: what is due pauses, and resumes on the day of return."""
    person = _to_edit(Resident, request, uuid=uuid)
    form = AbsenceForm(posted(request))

    def act(form):
        standing.note_absence(resident=person, by=request.user, **form.cleaned_data)

    hint = "离开期间不再列入应访；去世的，重点类别同时结束。"
    return _step(request, person, form, act, title="登记离开", hint=hint)


def absence_end(request, uuid, pk):
    """Somebody is back."""
    person = _to_edit(Resident, request, uuid=uuid)
    absence = get_object_or_404(person.absences, pk=pk)
    form = ReturnForm(posted(request))

    def act(form):
        standing.end_absence(absence=absence, by=request.user, **form.cleaned_data)

    return _step(request, person, form, act, title=f"{absence.get_reason_display()}：已回来")


@require_POST
def absence_withdraw(request, uuid, pk):
    """Take back an absence entered by mistake."""
    person = _to_edit(Resident, request, uuid=uuid)
    absence = get_object_or_404(person.absences, pk=pk)
    standing.withdraw_absence(absence=absence, by=request.user)
    if absence.reason == Absence.Reason.DIED:
        messages.warning(request, "已撤销。登记去世时结束的重点类别，请重新登记。")
    else:
        messages.success(request, "已撤销。")
    return redirect("resident", uuid)


def relative_new(request, uuid):
    """Keep a family member away from home."""
    person = _to_edit(Resident, request, uuid=uuid)
    form = RelativeForm(posted(request))

    def act(form):
        residents.add_relative(resident=person, by=request.user, **form.values())

    return _step(request, person, form, act, title="添加在外家属")


def relative_edit(request, uuid):
    """Correct what is known of a family member."""
    relative = _to_edit(Relative, request, uuid=uuid)
    form = RelativeForm(posted(request), instance=relative)

    def act(form):
        residents.update_relative(relative=relative, by=request.user, **form.values())

    return _step(request, relative.resident, form, act, title=f"修改在外家属 {relative.name}")


@require_POST
def relative_remove(request, uuid):
    """Take a family member off the page."""
    relative = _to_edit(Relative, request, uuid=uuid)
    residents.remove_relative(relative=relative, by=request.user)
    messages.success(request, f"已移除{relative.name}。")
    return redirect("resident", relative.resident.uuid)


def consent_new(request, uuid):
    """Note what somebody agreed to."""
    person = _to_edit(Resident, request, uuid=uuid)
    form = ConsentForm(posted(request))

    def act(form):
        residents.give_consent(resident=person, by=request.user, **form.cleaned_data)

    return _step(request, person, form, act, title="登记同意")


@require_POST
def consent_withdraw(request, uuid, pk):
    """Somebody no longer agrees."""
    person = _to_edit(Resident, request, uuid=uuid)
    consent = get_object_or_404(person.consents, pk=pk)
    residents.withdraw_consent(consent=consent, by=request.user)
    messages.success(request, f"已撤回：{consent.get_kind_display()}。")
    return redirect("resident", uuid)
