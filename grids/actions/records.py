"""The receipt of a field fact: one function makes a repeated post harmless (FIELD, idempotency)."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from grids import access, crypto
from grids.actions import audit
from grids.exceptions import DomainError, ForeignRecord, SameUuidOtherContent
from grids.models import AuditEntry, FieldConflict, FieldRecord, Grid, Household, User

P = access.Permission


@dataclass(frozen=True)
class Envelope:
    """What a phone sends around every fact: its uuid, the clock, the position, the form's version."""

    uuid: UUID
    captured_at: datetime
    happened_on: date
    form_version: int = 1
    longitude: float | None = None
    latitude: float | None = None
    accuracy_m: float | None = None
    outside_town: bool = False
    photo_digests: tuple[str, ...] = field(default=())

    def columns(self) -> dict:
        """The columns of a FieldRecord that the envelope fills."""
        return {key: value for key, value in vars(self).items() if key != "photo_digests"}


def digest_of(kind, content, photo_digests=()):
    """sha256 over the normalised fields and the raw files: the same words in the same form hash alike."""
    canonical = json.dumps(
        {"kind": str(kind), "content": content, "photos": list(photo_digests)},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        default=str,
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """The record of a fact, and whether this post made it (False: it was known already)."""

    record: FieldRecord
    created: bool


def receive(
    *,
    kind: FieldRecord.Kind,
    by: User,
    actor: User,
    grid: Grid,
    envelope: Envelope,
    content: dict,
    household: Household | None = None,
    corrects: FieldRecord | None = None,
    reason: str = "",
    permission: access.Permission | None = P.LOG_FIELDWORK,
) -> Receipt:
    """Take in one fact inside the caller's transaction; write the fact's own rows only when `created`.

    `permission` None means that the caller has decided already.

    Raises PermissionDenied, ForeignRecord (404) or SameUuidOtherContent (409, the other content kept sealed in a
    transaction of its own by `keep_conflict`, which the view calls after the rollback).
    """
    digest = digest_of(
        kind,
        {**content, "actor": actor.uuid, "happened_on": envelope.happened_on},
        envelope.photo_digests,
    )
    try:
        _authorise(by, actor, grid, permission)
    except (PermissionDenied, DomainError):
        # What was received while the right was held keeps its answer.
        known = _known(envelope.uuid, by, digest)
        if known is None:
            raise
        return Receipt(known, created=False)
    record = FieldRecord(
        kind=kind,
        grid=grid,
        household=household,
        actor=actor,
        typed_by=by,
        digest=digest,
        corrects=corrects,
        reason=reason,
        **envelope.columns(),
    )
    if _inserted(record):
        return Receipt(record, created=True)
    # The same post again, or at the same moment on another connection: nearly every post is new, so the key of the
    # table is asked first and this only afterwards.
    known = _known(envelope.uuid, by, digest)
    if known is None:
        raise DomainError("这条记录已被更正或撤销，请打开最新的一条。")
    return Receipt(known, created=False)


# Every column that is not the database's own to fill.
_TOLD = [column for column in FieldRecord._meta.concrete_fields if column.name not in ("id", "received_at")]
_INSERT = "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING RETURNING id, received_at".format(  # noqa: S608 - our own names
    FieldRecord._meta.db_table,
    ", ".join(column.column for column in _TOLD),
    ", ".join(["%s"] * len(_TOLD)),
)


def _inserted(record):
    """Write the record unless its uuid, or another correction of the same record, is there; say whether.

    A key that is taken fails no statement, so none has to be undone: the savepoint around an insert that may fail
    was two more of the statements of every tap.
    """
    values = [column.get_db_prep_save(getattr(record, column.attname), connection) for column in _TOLD]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        row = cursor.fetchone()
    if row is None:
        return False
    record.pk, record.received_at = row
    record._state.adding, record._state.db = False, connection.alias
    return True


def audit_entry(record: FieldRecord, *, label: str = "") -> None:
    """The audit entries a fact owes: typed late (补录), typed for another (代录). Call last in the action."""
    if record.is_late_entry:
        audit.log(
            AuditEntry.Action.LATE_ENTRY,
            by=record.typed_by,
            grid=record.grid,
            obj=record,
            label=label,
        )
    if record.is_typed_for_another:
        audit.log(
            AuditEntry.Action.PROXY_ENTRY,
            by=record.typed_by,
            grid=record.grid,
            obj=record,
            label=label,
            changes={"当事人": ["", record.actor.name]},
        )


def _authorise(by, actor, grid, permission):
    if permission is None:
        return
    access.require(by, permission, grid)
    if actor.pk != by.pk:
        access.require(by, P.LOG_FOR_OTHERS, grid)
        if not access.can(actor, permission, grid):
            raise DomainError("当事人在这个网格没有任职，请重新选择。")


def _known(uuid, by, digest):
    record = FieldRecord.objects.filter(uuid=uuid).order_by().first()
    if record is None:
        return None
    if record.typed_by_id != by.pk:
        raise ForeignRecord("没有这条记录。")
    if record.digest != digest:
        raise SameUuidOtherContent(record, digest)
    return record


@transaction.atomic
def keep_conflict(*, record: FieldRecord, by: User, digest: str, content: dict) -> FieldConflict:
    """Keep the second content of a known uuid, sealed, for a person to look at; once per content, audited."""
    conflict = FieldConflict(record=record, typed_by=by, digest=digest)
    body = json.dumps(content, ensure_ascii=False, default=str)
    conflict.content_sealed = crypto.seal(body, label="fieldconflict.content", row=conflict.uuid)
    known = FieldConflict.objects.filter(record=record, digest=digest).first()
    if known:
        return known
    conflict.save()
    audit.log(
        AuditEntry.Action.CONFLICT,
        by=by,
        grid=record.grid,
        obj=record,
        label=record.get_kind_display(),
    )
    return conflict


def content_of(conflict: FieldConflict) -> dict:
    """What the second post said."""
    body = crypto.unseal(conflict.content_sealed, label="fieldconflict.content", row=conflict.uuid)
    return json.loads(body)
