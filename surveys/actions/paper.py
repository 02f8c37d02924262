"""Sheets filled in by hand: keyed twice by two people, compared, taken in once, and then forgotten.

What a keying tells is one object: {"area": code, "sex": …, "age": …, "proxy": bool, "answers": {…}}. A sheet and its
response are written by one transaction under the sheet's lock: the response's key is drawn at that moment and kept
nowhere else, so a repeated post finds the sheet done, and a done sheet leads to no response.
"""

from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q

from grids import access
from grids.actions import audit
from grids.exceptions import DomainError
from grids.models import AuditEntry, Grid
from surveys.actions import mixing
from surveys.actions.answering import finish
from surveys.exceptions import QuotaFull, RoundClosed, SheetMoved
from surveys.models import Mode, PaperSheet, Round

P = access.Permission
State = PaperSheet.State


@transaction.atomic
def key(*, round, by, number, told):
    """Key a sheet for the first time. The same keying posted again is known.

    Raises RoundClosed, QuotaFull (nobody need key it a second time) or DomainError for a number that is taken.
    """
    round = _open(round, by)
    sheet = PaperSheet.objects.filter(round=round, number=number).first()
    if sheet is None:
        _require_room(round, told)
        sheet, _ = PaperSheet.objects.get_or_create(
            round=round, number=number, defaults={"first": told, "first_by": by}
        )
    if sheet.state == State.DONE:
        raise DomainError(f"编号 {number} 的问卷已经入库，不用再录。")
    if sheet.first_by_id != by.pk:
        raise DomainError(f"编号 {number} 已由{sheet.first_by.name}录过一次，请到“待复录”里录第二次。")
    if sheet.first != told:
        raise DomainError(f"编号 {number} 您已经录过，内容和这次不一样。请核对编号；录错了就先撤掉再录。")
    return sheet


@transaction.atomic
def key_again(*, sheet, by, told):
    """Key it a second time: taken in where both agree, else set aside with both.

    Raises SheetMoved, RoundClosed or QuotaFull; then the first keying stands as it was.
    """
    sheet, round = _locked(sheet, by)
    if sheet.state != State.ONCE:
        raise SheetMoved
    if sheet.first_by_id == by.pk:
        raise DomainError("第一次是您录的，复录要由另一个人来做。")
    sheet.second_by = by
    if sheet.first == told:
        return _take_in(sheet, round, told)
    sheet.second, sheet.state = told, State.DIFFERS
    sheet.save(update_fields=["second", "second_by", "state"])
    return sheet


@transaction.atomic
def settle(*, sheet, by, told):
    """Take in what was decided on where the two keyings differ. Raises SheetMoved, RoundClosed or QuotaFull."""
    sheet, round = _locked(sheet, by)
    if sheet.state != State.DIFFERS:
        raise SheetMoved
    return _take_in(sheet, round, told)


@transaction.atomic
def discard(*, sheet, by):
    """Throw away what was keyed of a sheet that is not taken in; its number is free again."""
    sheet, round = _locked(sheet, by, closed_too=True)
    if sheet.state == State.DONE:
        raise SheetMoved
    sheet.delete()
    label = f"撤掉未入库的纸质问卷 {sheet.number}"
    audit.log(AuditEntry.Action.SETTING, by=by, grid=round.town, obj=round, label=label)


def _take_in(sheet, round, told):
    area = told["area"] and Grid.objects.get(code=told["area"])
    finish(
        round=round,
        response=uuid4(),
        mode=Mode.PAPER,
        answers=told["answers"],
        area=area or None,
        sex=told["sex"],
        age_band=told["age"],
        is_proxy=told["proxy"],
    )
    sheet.first = sheet.second = None
    sheet.state = State.DONE
    sheet.save(update_fields=["first", "second", "second_by", "state"])
    return sheet


def _open(round, by):
    """The round as it stands now, and until this transaction ends."""
    mixing.hold_still(round.pk)
    round = Round.objects.select_related("town", "version__questionnaire").get(pk=round.pk)
    access.require(by, P.RUN_SURVEY, round.town)
    if not round.takes_paper or Mode.PAPER not in round.modes:
        raise RoundClosed("这次调查现在不收纸质问卷，没有录入。")
    return round


def _locked(sheet, by, *, closed_too=False):
    """(the sheet, locked; its round). A sheet that was thrown away meanwhile has moved, too."""
    if closed_too:
        mixing.hold_still(sheet.round_id)
        round = Round.objects.select_related("town").get(pk=sheet.round_id)
        access.require(by, P.RUN_SURVEY, round.town)
    else:
        round = _open(sheet.round, by)
    locked = PaperSheet.objects.select_for_update().filter(pk=sheet.pk).first()
    if locked is None:
        raise SheetMoved
    return locked, round


def _require_room(round, told):
    """Raise QuotaFull where the sheet could not be taken in even now."""
    full = Q(done__gte=F("quota"))
    areas = round.areas.filter(area__code=told["area"])
    cells = round.quotas.filter(sex=told["sex"], age_band=told["age"])
    if areas.filter(full).exists() or cells.filter(full).exists():
        raise QuotaFull
