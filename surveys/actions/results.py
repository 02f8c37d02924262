"""Freezing a result with its digest, and putting it up for everybody to read."""

import hashlib
import json

from django.db import transaction
from django.utils import timezone

from grids import access
from grids.actions import audit
from grids.exceptions import DomainError
from grids.models import AuditEntry
from surveys.actions import mixing
from surveys.indicators.results import has_result, whole_of
from surveys.models import Round

P = access.Permission


def digest_of(result):
    """sha256 of a result in one spelling (sorted keys, no spaces, UTF-8); it holds texts and whole numbers alone."""
    canonical = json.dumps(result, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def is_intact(round):
    """Whether what is frozen is still what was frozen."""
    return digest_of(round.frozen) == round.frozen_digest


@transaction.atomic
def freeze(*, round, by):
    """Keep the result as it stands, for good. A round that is frozen already stays as it was.

    Raises DomainError while answers still come in, or where there are too few for any figure.
    """
    round = _locked(round, by)
    if round.frozen is not None:
        return round
    if not has_result(round):
        raise DomainError("调查结束以后才能定稿。")
    mixing.mix(round=round)
    result = whole_of(round)
    if not result["is_enough"]:
        raise DomainError("有效答卷不足 30 份，不能定稿。")
    round.frozen = result
    round.frozen_digest = digest_of(round.frozen)
    round.frozen_on, round.frozen_by = timezone.localdate(), by
    round.save(update_fields=["frozen", "frozen_digest", "frozen_on", "frozen_by"])
    changes = {"frozen_digest": ["", round.frozen_digest]}
    label = f"结果定稿 {round.title}"[:120]
    audit.log(AuditEntry.Action.SETTING, by=by, grid=round.town, obj=round, label=label, changes=changes)
    return round


@transaction.atomic
def set_public(*, round, by, public):
    """Put the frozen result up for everybody, or take it down. Raises DomainError where nothing is frozen."""
    round = _locked(round, by)
    if round.is_public == public:
        return round
    if round.frozen is None:
        raise DomainError("请先把结果定稿，再公示。")
    round.is_public = public
    round.save(update_fields=["is_public"])
    label = f"{'公示' if public else '撤下'}结果 {round.title}"[:120]
    audit.log(AuditEntry.Action.SETTING, by=by, grid=round.town, obj=round, label=label)
    return round


@transaction.atomic
def log_answers_export(*, round, by, rows, kind):
    """Write down that the answers of a round leave the system as a file. Raises PermissionDenied, DomainError."""
    access.require(by, P.EXPORT, round.town)
    if not has_result(round):
        raise DomainError("调查结束以后才能导出答卷。")
    label = f"{round.title[:90]} 答卷 {rows} 份（{kind}）"
    return audit.log(AuditEntry.Action.EXPORT, by=by, grid=round.town, obj=round, label=label)


def _locked(round, by):
    round = Round.objects.select_for_update(of=("self",)).select_related("town", "version").get(pk=round.pk)
    access.require(by, P.RUN_SURVEY, round.town)
    return round
