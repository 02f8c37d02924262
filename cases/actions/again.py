"""A report that was given back or taken back, corrected and sent again (改好再报)."""

from django.db import transaction

from cases import rights
from cases.actions import moving
from cases.exceptions import IllegalTransition
from cases.vocabulary import Status
from cases.workflow import TRANSITIONS
from grids import names
from grids.exceptions import DomainError


@transaction.atomic
def send_again(*, case, by, seen_version, subject, category, place, words="", affected_households=None):
    """Correct a draft and submit it. Raises IllegalTransition, PermissionDenied, DomainError."""
    case = moving.locked(case)
    moving.require_version(case, seen_version)
    if case.status != Status.DRAFT:
        raise IllegalTransition
    clock = moving.TownClock(case.town_id)
    rights.require(by, case, TRANSITIONS["submit"], clock.rules)
    if category.town_id != case.town_id or category.parent_id is None:
        raise DomainError("请选择本镇的小类。")
    given = {
        "subject": subject.strip(),
        "place": place.strip(),
        "words": words.strip(),
        "affected_households": affected_households,
    }
    told = {name: value for name, value in given.items() if value != getattr(case, name)}
    for name, value in given.items():
        setattr(case, name, value)
    case.place_key = names.address_key(case.place)
    case.category = category
    move = moving.moved(case, "submit", clock=clock, status=Status.SUBMITTED, category=category.pk)
    moving.write(case, move, by=by, told=told, also={*given, "place_key"})
    return case
