"""What is looked at in each kind of place: checklists and their items, edited by the town."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from grids import access
from grids.actions import audit, versions
from grids.exceptions import DomainError
from grids.models import AuditEntry, Grid
from surveys.models import Checklist, ChecklistItem

P = access.Permission


@transaction.atomic
def add_checklist(*, town, by, name):
    """A new kind of place at the end of the list, its checklist still empty."""
    town = _locked_town(town.pk, by)
    _require_new_name(town.checklists, name)
    checklist = Checklist.objects.create(town=town, name=name, position=_next_position(town.checklists))
    _log(by, town, checklist, {"新增地点类型": ["", name]})
    return checklist


@transaction.atomic
def add_item(*, checklist, by, name, standard="", category_code=""):
    """A new item at the end of a checklist."""
    town = _locked_town(checklist.town_id, by)
    _require_new_name(checklist.items, name)
    values = {"name": name, "standard": standard, "category_code": category_code}
    item = ChecklistItem.objects.create(
        checklist=checklist, position=_next_position(checklist.items), **values
    )
    _log(by, town, item, versions.first_values(ChecklistItem, values))
    return item


@transaction.atomic
def edit_item(*, item, by, **values):
    """Change an item; what was recorded under it stays with it."""
    item, town = _locked_item(item, by)
    _require_new_name(item.checklist.items.exclude(pk=item.pk), values["name"])
    changes = versions.put(item, values)
    if changes:
        item.save(update_fields=list(values))
        _log(by, town, item, changes)
    return item


@transaction.atomic
def set_item_retired(*, item, by, retired):
    """Take an item off the walks from today, or put it back."""
    item, town = _locked_item(item, by)
    if retired == (item.retired_on is not None):
        return item
    item.retired_on = timezone.localdate() if retired else None
    item.save(update_fields=["retired_on"])
    _log(by, town, item, {"停用" if retired else "恢复": ["", timezone.localdate().isoformat()]})
    return item


@transaction.atomic
def move_item(*, item, by, up):
    """Change places with the neighbour on the checklist; at its end nothing happens."""
    item, town = _locked_item(item, by)
    rows = list(item.checklist.items.in_use().order_by("position", "pk"))
    if item not in rows:
        raise DomainError("已停用的不排序。")
    place = rows.index(item)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return item
    rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows, 1):
        row.position = position
    ChecklistItem.objects.bulk_update(rows, ["position"])
    _log(by, town, item, {"次序": [place + 1, other + 1]})
    return item


def _locked_town(pk, by):
    """Changes of a town's settings take turns on its row."""
    town = Grid.objects.select_for_update(no_key=True).get(pk=pk)
    access.require(by, P.CONFIGURE, town)
    return town


def _locked_item(item, by):
    town = _locked_town(item.checklist.town_id, by)
    rows = ChecklistItem.objects.select_for_update(of=("self",)).select_related("checklist")
    return rows.get(pk=item.pk), town


def _require_new_name(rows, name):
    if rows.filter(name=name).exists():
        raise DomainError(f"已有“{name}”，停用的也算；可以恢复它，或换个名称。")


def _next_position(rows):
    return (rows.aggregate(last=Max("position"))["last"] or 0) + 1


def _log(by, town, row, changes):
    audit.log(AuditEntry.Action.SETTING, by=by, grid=town, obj=row, label=str(row), changes=changes)
