"""What configures a town's cases: categories in two levels, the tiles of the phone, the calendar, the rules.

Changes of a town's settings take turns on its row and are audited. Nothing is deleted: what was used stays readable,
what is retired is not offered any more. A limit counts for cases registered from then on; those running keep theirs.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from cases.actions import daily
from cases.deadlines import WorkCalendar
from cases.models import CalendarDay, CaseCategory, CaseRules, ReportTile
from grids import access
from grids.actions import audit
from grids.exceptions import DomainError, StaleVersion
from grids.models import AuditEntry, Grid

P = access.Permission


@transaction.atomic
def add_category(*, town, by, name, parent=None, limit_amount=None, limit_unit=""):
    """A new class, or with `parent` a sub-category with its limit, at the end of its list, with the next code."""
    town = _locked_town(town, by)
    _require_new_name(town.case_categories, name)
    _require_of_town(town, parent)
    if parent is not None and (parent.parent_id or parent.retired_on):
        raise DomainError("请选择正在使用的大类。")
    beside = town.case_categories.filter(parent=parent)
    category = CaseCategory(
        town=town,
        parent=parent,
        code=_next_code(town, parent),
        name=name,
        limit_amount=limit_amount if parent else None,
        limit_unit=limit_unit if parent else "",
        position=_next_position(beside),
    )
    category.save()
    given = {"新增类别": ["", name]} | ({"处置时限": ["", category.limit_words]} if parent else {})
    _log(by, town, category, given)
    return category


def _next_code(town, parent):
    """Two more digits behind the class's own; codes are never used twice."""
    prefix = parent.code if parent else ""
    codes = town.case_categories.filter(code__startswith=prefix).values_list("code", flat=True)
    taken = [int(code[-2:]) for code in codes if len(code) == len(prefix) + 2]
    number = max(taken, default=0) + 1
    if number > 99:
        raise DomainError("代码已用到 99，不能再增加；可以恢复停用的类别。")
    return f"{prefix}{number:02d}"


@transaction.atomic
def update_category(*, category, by, seen_version, **values):
    """Change a class's or sub-category's words, limit, class, usual unit or theme; its code stays.

    Raises StaleVersion where somebody else changed it meanwhile, DomainError where the values do not fit the town.
    """
    category, town = _locked_row(category, by, seen_version)
    if "name" in values and values["name"] != category.name:
        _require_new_name(town.case_categories, values["name"])
    _require_of_town(town, values.get("parent"), values.get("unit"))
    if values.get("theme"):
        _free_theme(town, category, values["theme"])
    if "parent" in values and values["parent"] != category.parent:
        category.position = _next_position(values["parent"].children)
    return _save_changes(category, town, by, values)


def _free_theme(town, category, theme):
    """A theme leads to one sub-category; one that is retired gives it up."""
    other = town.case_categories.filter(theme=theme).exclude(pk=category.pk).first()
    if other is None:
        return
    if other.retired_on is None:
        raise DomainError(f"这个诉求主题已归入“{other.name}”，请先在那里改。")
    other.theme = ""
    other.version += 1
    other.save(update_fields=["theme", "version"])


@transaction.atomic
def set_retired(*, row, by, retired):
    """Take a category or tile off the forms from today, or put it back. Cases keep the category they have."""
    row, town = _locked_row(row, by)
    if retired == (row.retired_on is not None):
        return row
    _require_retirable(row) if retired else _require_restorable(row)
    row.retired_on = timezone.localdate() if retired else None
    row.version += 1
    row.save(update_fields=["retired_on", "version"])
    _log(by, town, row, {"停用" if retired else "恢复": ["", timezone.localdate().isoformat()]})
    return row


def _require_retirable(row):
    if isinstance(row, ReportTile):
        return
    tiles = "、".join(row.tiles.filter(retired_on=None).values_list("name", flat=True))
    if tiles:
        raise DomainError(f"手机上的说法“{tiles}”还归入这一小类，请先改到别的小类。")
    if row.children.filter(retired_on=None).exists():
        raise DomainError(f"“{row.name}”下面还有在用的小类，请先停用或移到别的大类。")


def _require_restorable(row):
    if isinstance(row, ReportTile) and row.category.retired_on:
        raise DomainError(f"它对应的小类“{row.category.name}”已停用，请先恢复小类，或改对应的类别。")
    if isinstance(row, CaseCategory) and row.parent_id and row.parent.retired_on:
        raise DomainError(f"大类“{row.parent.name}”已停用，请先恢复大类。")


@transaction.atomic
def move(*, row, by, up):
    """Change places with the neighbour in the list; at the end of the list nothing happens."""
    row, town = _locked_row(row, by)
    rows = type(row).objects.filter(town=town, retired_on=None)
    if isinstance(row, CaseCategory):
        rows = rows.filter(parent=row.parent)
    rows = list(rows.order_by("position", "pk"))
    if row not in rows:
        raise DomainError("已停用的不排序。")
    place = rows.index(row)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return row
    rows[place], rows[other] = rows[other], rows[place]
    for position, one in enumerate(rows, 1):
        one.position = position
    type(row).objects.bulk_update(rows, ["position"])
    _log(by, town, row, {"次序": [place + 1, other + 1]})
    return row


@transaction.atomic
def add_tile(*, town, by, name, category, icon):
    """A new tile in the villagers' words, at the end."""
    town = _locked_town(town, by)
    _require_new_name(town.report_tiles, name)
    _require_leads_somewhere(town, category)
    position = _next_position(town.report_tiles)
    tile = ReportTile.objects.create(town=town, name=name, category=category, icon=icon, position=position)
    _log(by, town, tile, {"新增说法": ["", name], "对应类别": ["", category.name]})
    return tile


@transaction.atomic
def update_tile(*, tile, by, seen_version, **values):
    """Other words, another drawing, another sub-category; reports made before keep theirs."""
    tile, town = _locked_row(tile, by, seen_version)
    if values["name"] != tile.name:
        _require_new_name(town.report_tiles, values["name"])
    _require_leads_somewhere(town, values["category"])
    return _save_changes(tile, town, by, values)


def _require_leads_somewhere(town, category):
    _require_of_town(town, category)
    if category.parent_id is None or category.retired_on:
        raise DomainError("请选择正在使用的小类。")


@transaction.atomic
def mark_day(*, town, by, day, is_workday, note=""):
    """Say of one day whether it is worked; returns it."""
    town = _locked_town(town, by)
    before = town.calendar_days.filter(day=day).first()
    row = before or CalendarDay(town=town, day=day)
    old = _day_words(before) if before else "未登记"
    row.is_workday, row.note = is_workday, note
    row.save()
    if _day_words(row) != old:
        _log(by, town, row, {day.isoformat(): [old, _day_words(row)]}, label="工作日历")
    return row


@transaction.atomic
def enter_days(*, town, by, days, rest_of=None):
    """Enter many days, {day: (is_workday, note)}; with a year in `rest_of`, its other unknown days go by weekday.

    Returns how many days were entered or changed. One entry in the log.
    """
    town = _locked_town(town, by)
    known = {row.day: row for row in town.calendar_days.select_for_update()}
    wanted = dict(days)
    if rest_of:
        rule = WorkCalendar(zone=timezone.get_default_timezone(), days={})
        for day in days_of(rest_of):
            if day not in known and day not in wanted:
                wanted[day] = (rule.is_workday(day), "")
    changed = []
    for day, (is_workday, note) in wanted.items():
        row = known.get(day)
        if row is None or (row.is_workday, row.note) != (is_workday, note):
            row = row or CalendarDay(town=town, day=day)
            row.is_workday, row.note = is_workday, note
            changed.append(row)
    fresh = [row for row in changed if row.pk is None]
    CalendarDay.objects.bulk_update([row for row in changed if row.pk], ["is_workday", "note"])
    CalendarDay.objects.bulk_create(fresh)
    if changed:
        told = {day.isoformat(): ["", "上班" if works else "休息"] for day, (works, _) in days.items()}
        _log(by, town, None, {"登记": ["", f"{len(changed)} 天"]} | told, label="工作日历")
    return len(changed)


def days_of(year):
    """Every day of a year, in order."""
    day = timezone.datetime(year, 1, 1).date()
    while day.year == year:
        yield day
        day += timedelta(days=1)


@transaction.atomic
def recompute(*, town, by):
    """Decide the provisional deadlines of open cases anew; how many changed, an event each."""
    access.require(by, P.CONFIGURE, town)
    return daily.recompute_deadlines(town=town, by=by)


@transaction.atomic
def update_rules(*, town, by, seen_version=None, **values):
    """The town's own numbers. Raises StaleVersion where somebody else changed them meanwhile."""
    town = _locked_town(town, by)
    rules, _ = CaseRules.objects.get_or_create(town=town)
    if seen_version is not None and rules.version != seen_version:
        raise StaleVersion
    return _save_changes(rules, town, by, values)


def _save_changes(row, town, by, values):
    """Write what differs, once more counted, and say what; names of settings are nobody's, so nothing is masked."""
    changes = {}
    for name, new in values.items():
        old = getattr(row, name)
        if old != new:
            field = row._meta.get_field(name)
            choices = dict(field.flatchoices)
            setattr(row, name, new)
            changes[field.verbose_name] = [_plain(choices.get(one, one)) for one in (old, new)]
    if changes:
        row.version += 1
        row.save()
        _log(by, town, row, changes)
    return row


def _plain(value):
    return "" if value is None else str(value)


def _day_words(row):
    words = "上班" if row.is_workday else "休息"
    return f"{words}，{row.note}" if row.note else words


def _locked_town(town, by):
    access.require(by, P.CONFIGURE, town)
    return Grid.objects.select_for_update(no_key=True).get(pk=town.pk)


def _locked_row(row, by, seen_version=None):
    town = _locked_town(row.town, by)
    row = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
    if seen_version is not None and row.version != seen_version:
        raise StaleVersion
    return row, town


def _require_new_name(rows, name):
    if rows.filter(name=name).exists():
        raise DomainError(f"已有“{name}”，停用的也算；可以恢复它，或换个名称。")


def _require_of_town(town, *rows):
    if any(row is not None and row.town_id != town.pk for row in rows):
        raise DomainError("不属于本镇，请重新选择。")


def _next_position(rows):
    return (rows.aggregate(last=Max("position"))["last"] or 0) + 1


def _log(by, town, row, changes, label=""):
    label = label or str(row)
    audit.log(AuditEntry.Action.SETTING, by=by, grid=town, obj=row, label=label, changes=changes)
