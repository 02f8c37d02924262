"""The people of a household: who they are, whom to ring for them, what they agreed to."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from grids import access, names
from grids.actions import audit, residences, versions
from grids.actions.placed import require_at
from grids.models import AuditEntry, Consent, Household, Relative, Resident, User

P = access.Permission


def note_change(resident: Resident, *, by: User, grid, changes: dict) -> None:
    """One audit entry about a resident, named by a masked name. Call last in the action."""
    audit.log(
        AuditEntry.Action.RESIDENT,
        by=by,
        grid=grid,
        obj=resident,
        label=names.mask_name(resident.name),
        changes=changes,
    )


@transaction.atomic
def add_resident(*, household: Household, by: User, since: date | None = None, **values) -> Resident:
    """Enter a person of a household; a new head (户主) takes over from the old one.

    `since` is the day they came to live there, None for as long as the household is known.
    """
    grid = require_at(household, by, P.EDIT_HOUSEHOLDS)
    Household.objects.select_for_update().get(pk=household.pk)
    if values.get("is_head"):
        _make_room_for_head(household)
    resident = Resident(household=household)
    changes = versions.first_values(Resident, values)
    versions.put(resident, values)
    _index_name(resident)
    resident.save()
    residences.begin(resident=resident, since=since)
    came = {"住进日期": ["", since.isoformat()]} if since else {}
    note_change(resident, by=by, grid=grid, changes={"新建": ["", "是"], **changes, **came})
    return resident


@transaction.atomic
def update_resident(*, resident: Resident, by: User, seen_version: int, **values) -> Resident:
    """Correct a person's facts; raises StaleVersion if somebody else did since `seen_version`."""
    grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    Household.objects.select_for_update().get(pk=resident.household_id)
    resident = versions.locked(resident, seen_version)
    if values.get("is_head") and not resident.is_head:
        _make_room_for_head(resident.household)
    changes = versions.put(resident, values)
    if not changes:
        return resident
    _index_name(resident)
    resident.version += 1
    resident.save()
    note_change(resident, by=by, grid=grid, changes=changes)
    return resident


@transaction.atomic
def move_resident(
    *, resident: Resident, by: User, household: Household, on: date | None = None, relation: str = ""
) -> Resident:
    """Let a person live in another household from a day on (today); past visits stay where they were made.

    Raises PermissionDenied unless both households are in scope, DomainError when the day does not follow.
    """
    resident = Resident.objects.select_for_update().get(pk=resident.pk)
    old_grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    grid = require_at(household, by, P.EDIT_HOUSEHOLDS)
    old_address = resident.household.address
    on = on or timezone.localdate()
    residences.move(resident=resident, household=household, on=on)
    resident.relation = relation
    resident.is_head = False
    resident.version += 1
    resident.save()
    changes = {
        "住址": [names.mask_address(old_address), names.mask_address(household.address)],
        "网格": [old_grid.name, grid.name],
        "起始日": ["", on.isoformat()],
    }
    note_change(resident, by=by, grid=grid, changes=changes)
    return resident


@transaction.atomic
def add_relative(*, resident: Resident, by: User, **values) -> Relative:
    """Keep a family member away from home whom one may ring."""
    grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    relative = Relative(resident=resident)
    changes = versions.put(relative, values)
    relative.save()
    note_change(resident, by=by, grid=grid, changes=_of_relative(changes))
    return relative


@transaction.atomic
def update_relative(*, relative: Relative, by: User, **values) -> Relative:
    grid = require_at(relative.resident.household, by, P.EDIT_HOUSEHOLDS)
    relative = _locked_relative(relative)
    changes = versions.put(relative, values)
    if changes:
        relative.save()
        note_change(relative.resident, by=by, grid=grid, changes=_of_relative(changes))
    return relative


@transaction.atomic
def remove_relative(*, relative: Relative, by: User) -> Relative:
    """Take a family member off the page; the row stays."""
    grid = require_at(relative.resident.household, by, P.EDIT_HOUSEHOLDS)
    relative = _locked_relative(relative)
    if relative.removed_on is None:
        relative.removed_on = timezone.localdate()
        relative.save(update_fields=["removed_on"])
        changes = {"在外家属": [names.mask_name(relative.name), ""]}
        note_change(relative.resident, by=by, grid=grid, changes=changes)
    return relative


@transaction.atomic
def give_consent(*, resident: Resident, by: User, kind: str, given_on) -> Consent:
    """Note what a resident agreed to; what is agreed already stays as it was given."""
    grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    Resident.objects.select_for_update().get(pk=resident.pk)
    known = resident.consents.filter(kind=kind, withdrawn_on=None).first()
    if known:
        return known
    consent = Consent.objects.create(resident=resident, kind=kind, given_on=given_on, recorded_by=by)
    changes = {f"同意：{consent.get_kind_display()}": ["", given_on.isoformat()]}
    note_change(resident, by=by, grid=grid, changes=changes)
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, by: User) -> Consent:
    """From today the resident no longer agrees."""
    resident = consent.resident
    grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    consent = Consent.objects.select_for_update().get(pk=consent.pk)
    if consent.withdrawn_on is None:
        consent.withdrawn_on = max(timezone.localdate(), consent.given_on)
        consent.save(update_fields=["withdrawn_on"])
        changes = {f"同意：{consent.get_kind_display()}": [consent.given_on.isoformat(), "已撤回"]}
        note_change(resident, by=by, grid=grid, changes=changes)
    return consent


def _make_room_for_head(household):
    household.residents.filter(is_head=True).update(is_head=False)


def _index_name(resident):
    resident.name_key = names.reading(resident.name)[:120]
    resident.name_index = names.search_index(resident.name)


def _locked_relative(relative):
    current = Relative.objects.select_for_update().get(pk=relative.pk)
    current.resident = relative.resident
    return current


def _of_relative(changes):
    return {f"在外家属·{label}": values for label, values in changes.items()}
