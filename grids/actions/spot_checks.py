"""审计抽查: a draw of audit entries that anybody can draw again from the seed on the sheet."""

import secrets
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import MD5, Cast, Concat

from grids import access
from grids.actions import audit
from grids.exceptions import DomainError
from grids.models import AuditEntry, User

P = access.Permission


class Draw(NamedTuple):
    """What a draw is made from. Entries after `up_to` (the sheet's own and later ones) do not take part."""

    start: date
    last_day: date
    kinds: tuple
    size: int
    seed: str
    up_to: int


@transaction.atomic
def draw(
    *, by: User, start: date, last_day: date, size: int, kinds: tuple = (), seed: str = ""
) -> AuditEntry:
    """Write down a draw; the entry holds all that is needed to draw the same sheet again.

    Without a seed one is made. Raises PermissionDenied, and DomainError when the period has no entries.
    """
    access.require(by, P.SEE_AUDIT)
    seed = seed or secrets.token_hex(4)
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    given = Draw(start, last_day, tuple(kinds), size, seed, newest)
    if not population(given, by).exists():
        raise DomainError("这段时间没有符合条件的记录，请换个范围。")
    return audit.log(
        AuditEntry.Action.AUDIT,
        by=by,
        label=f"抽查单 {start.isoformat()} 至 {last_day.isoformat()}",
        changes={
            "起": ["", start.isoformat()],
            "止": ["", last_day.isoformat()],
            "动作": ["", "、".join(kinds)],
            "条数": ["", str(size)],
            "种子": ["", seed],
            "截至编号": ["", str(newest)],
        },
    )


def read(entry: AuditEntry) -> Draw:
    """The draw that an entry wrote down."""
    given = {name: new for name, (_, new) in entry.changes.items()}
    return Draw(
        start=date.fromisoformat(given["起"]),
        last_day=date.fromisoformat(given["止"]),
        kinds=tuple(kind for kind in given["动作"].split("、") if kind),
        size=int(given["条数"]),
        seed=given["种子"],
        up_to=int(given["截至编号"]),
    )


def population(given: Draw, user: User):
    """The entries a draw is made from, within the user's scope."""
    entries = AuditEntry.objects.visible_to(user, P.SEE_AUDIT).in_period(given.start, given.last_day)
    entries = entries.filter(pk__lte=given.up_to)
    return entries.filter(action__in=given.kinds) if given.kinds else entries


def drawn(given: Draw, user: User):
    """The sheet: the first entries in the order of md5("seed:id"), shown by their id."""
    lot = MD5(Concat(Value(f"{given.seed}:"), Cast(F("pk"), CharField())))
    chosen = population(given, user).alias(lot=lot).order_by("lot", "pk").values("pk")[: given.size]
    entries = AuditEntry.objects.visible_to(user, P.SEE_AUDIT).filter(pk__in=chosen)
    return entries.select_related("by", "grid").order_by("pk")
