"""Opening a household, correcting it, and placing it in another grid."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from grids import access, names
from grids.actions import audit, placements, residents, versions
from grids.actions.placed import require_at
from grids.exceptions import DomainError
from grids.models import AuditEntry, Grid, Household, Placement, User

P = access.Permission


def label_of(household):
    """How the audit log names a household: the place without the door's number."""
    return names.mask_address(household.address)


@transaction.atomic
def open_household(
    *,
    by: User,
    grid: Grid,
    address: str,
    head: dict,
    note: str = "",
    longitude: float | None = None,
    latitude: float | None = None,
) -> Household:
    """Enter a household in a grid from today on, with its head (户主): `head` are values of a resident."""
    access.require(by, P.EDIT_HOUSEHOLDS, grid)
    values = {"address": address, "note": note, "longitude": longitude, "latitude": latitude}
    household = Household.objects.create(**values, address_key=names.address_key(address), created_by=by)
    placements.begin(household=household, grid=grid, on=timezone.localdate())
    residents.add_resident(household=household, by=by, is_head=True, relation="户主", **head)
    changes = versions.first_values(Household, values)
    audit.log(
        AuditEntry.Action.HOUSEHOLD,
        by=by,
        grid=grid,
        obj=household,
        label=label_of(household),
        changes={"新建": ["", grid.name], **changes},
    )
    return household


@transaction.atomic
def update_household(*, household: Household, by: User, seen_version: int, **values) -> Household:
    """Correct a household; raises StaleVersion if somebody else did since `seen_version`; no change, no entry."""
    grid = require_at(household, by, P.EDIT_HOUSEHOLDS)
    household = versions.locked(household, seen_version)
    changes = versions.put(household, values)
    if not changes:
        return household
    household.address_key = names.address_key(household.address)
    household.version += 1
    household.save()
    audit.log(
        AuditEntry.Action.HOUSEHOLD,
        by=by,
        grid=grid,
        obj=household,
        label=label_of(household),
        changes=changes,
    )
    return household


@transaction.atomic
def move_household(*, household: Household, by: User, grid: Grid, on: date) -> Placement:
    """Place a household in another grid from a day on: its placement of that day ends, what was planned after goes.

    Raises PermissionDenied unless both grids are in scope, DomainError when the day does not follow.
    """
    access.require(by, P.EDIT_HOUSEHOLDS, grid)
    old_grid = require_at(household, by, P.EDIT_HOUSEHOLDS)
    # Grids first and in one order, as a split takes them; then the household.
    list(Grid.objects.select_for_update().filter(pk__in=[grid.pk, old_grid.pk]).order_by("code"))
    Household.objects.select_for_update().get(pk=household.pk)
    running = household.placements.on(on).select_related("grid").first()
    if running is None or household.placements.current().filter(starts_on__gt=running.starts_on).exists():
        raise DomainError("日期须在此户到现在的网格之后。")
    if running.grid_id == grid.pk:
        raise DomainError(f"此户从 {running.starts_on:%Y-%m-%d} 起已在{grid.name}。")
    if on == running.starts_on:
        raise DomainError(f"此户 {on:%Y-%m-%d} 才到{running.grid.name}，日期须在这之后。")
    household.placements.filter(starts_on__gt=on).delete()
    running.ends_on = on
    running.save(update_fields=["ends_on"])
    placement = placements.begin(household=household, grid=grid, on=on)
    audit.log(
        AuditEntry.Action.HOUSEHOLD,
        by=by,
        grid=grid,
        obj=household,
        label=label_of(household),
        changes={"网格": [running.grid.name, grid.name], "起始日": ["", on.isoformat()]},
    )
    return placement
