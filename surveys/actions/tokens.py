"""Codes that are good for one answer: printed in batches, kept as hashes, known afterwards only as used or not."""

import secrets
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from grids import access
from grids.actions import audit
from grids.crypto import keyed_hash
from grids.exceptions import DomainError
from grids.models import AuditEntry
from surveys.exceptions import AlreadyPrinted
from surveys.models import Mode, Round, Token, TokenBatch

P = access.Permission

# No letter or digit that is read or heard as another; ten of thirty are 49 bits, and a wrong guess finds nothing.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10


def hash_of(code):
    """The keyed hash of a code however it was typed (spaces, dashes, small letters); "" for what can be none."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    return keyed_hash(plain, label="survey.token") if len(plain) == CODE_LENGTH else ""


def dashed(code):
    """As it is printed: ABCDE-FGHJK."""
    return f"{code[:5]}-{code[5:]}"


@transaction.atomic
def print_batch(*, round, by, size, expires_on, area=None, uuid=None):
    """Make a batch of codes. Returns (batch, the codes in no particular order); they are shown this once.

    `uuid` names the batch, so that the same page posted twice does not print a second one: AlreadyPrinted.
    """
    access.require(by, P.RUN_SURVEY, round.town)
    round = Round.objects.select_for_update().get(pk=round.pk)
    if uuid is not None and TokenBatch.objects.filter(uuid=uuid).exists():
        raise AlreadyPrinted
    if round.state == Round.State.CLOSED:
        raise DomainError("这次调查已结束，不能再印。")
    if Mode.TOKEN not in round.modes:
        raise DomainError("这次调查没有选“扫码（一人一码）”。")
    if expires_on <= timezone.localdate():
        raise DomainError("有效期要晚于今天。")
    if not 1 <= size <= 2000:
        raise DomainError("一批 1 至 2000 张。")
    batch = TokenBatch.objects.create(
        uuid=uuid or uuid4(),
        round=round,
        number=round.batches.count() + 1,
        area=area,
        size=size,
        expires_on=expires_on,
        printed_by=by,
        printed_on=timezone.localdate(),
    )
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(size)]
    Token.objects.bulk_create(Token(batch=batch, code_hash=hash_of(code)) for code in codes)
    audit.log(
        AuditEntry.Action.EXPORT, by=by, grid=round.town, obj=batch, label=f"{round.title} 答题码 {size} 张"
    )
    return batch, codes


@transaction.atomic
def void_batch(*, batch, by):
    """A lost batch opens nothing any more; answers already given under it stand."""
    access.require(by, P.RUN_SURVEY, batch.round.town)
    batch = TokenBatch.objects.select_for_update().get(pk=batch.pk)
    if not batch.is_void:
        batch.is_void = True
        batch.save(update_fields=["is_void"])
        audit.log(AuditEntry.Action.SETTING, by=by, grid=batch.round.town, obj=batch, label="作废一批答题码")
    return batch


def token_of(code):
    """The token of a code, with its batch and round, or None for one that never was."""
    found = hash_of(code)
    if not found:
        return None
    tokens = Token.objects.select_related("batch__area", "batch__round__version", "batch__round__town")
    return tokens.filter(code_hash=found).first()


def refusal_of(token):
    """ "" where the code opens its round now, else the sentence that kindly says why not."""
    round = token.batch.round
    if token.is_used:
        return "这个码已经答过一次了，谢谢您。每个码只能用一次。"
    if token.batch.is_void:
        return "这个码已作废，请向发码的人换一张。"
    if token.batch.expires_on <= timezone.localdate() or round.state == Round.State.CLOSED:
        return "这次调查已经结束，谢谢您的关心。"
    if not round.takes_answers:
        return f"这次调查从 {round.starts_on:%Y 年 %-m 月 %-d 日}开始，到时候再来。"
    return ""
