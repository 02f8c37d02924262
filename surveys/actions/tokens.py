"""Codes that are good for one answer: printed in batches, kept as hashes, known afterwards only as used or not."""

import secrets
from typing import NamedTuple
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


def plain(code):
    """A code however it was typed (spaces, dashes, small letters) as it was made; "" for what can be none."""
    typed = "".join(character for character in code.upper() if character.isalnum())
    return typed if len(typed) == CODE_LENGTH else ""


def hash_of(code):
    """The keyed hash of a code however it was typed; "" for what can be none."""
    return keyed_hash(plain(code), label="survey.token")


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
    # What is long, or read by few of its pages, is fetched by those: every finished answer comes through here.
    tokens = Token.objects.select_related("batch__round__version")
    tokens = tokens.defer("batch__round__frozen", "batch__round__version__schema")
    return next(iter(tokens.filter(code_hash=found)), None)


def round_of_poster(code):
    """The round whose poster bears the code, however typed, or None."""
    typed = "".join(character for character in code.upper() if character.isalnum())
    rounds = Round.objects.select_related("version__questionnaire", "town")
    return rounds.filter(poster_code=typed).first() if typed else None


class Refusal(NamedTuple):
    """Why a code opens nothing now: `kind` is used, void, over or early; the rest is what a person reads."""

    kind: str
    title: str
    words: str


def refusal_of(token):
    """None where the code opens its round now, else the kind words that say why not."""
    if token.is_used:
        return Refusal("used", "这个码已经答过了", "这个码已经答过一次了，谢谢您。每个码只能用一次。")
    if token.batch.is_void:
        return Refusal("void", "这个码已作废", "这个码已作废，请向发码的人换一张。")
    if token.batch.expires_on <= timezone.localdate():
        return Refusal("over", "这个码过期了", "答题的日子已经过了，谢谢您的关心。")
    return refusal_of_round(token.batch.round, Mode.TOKEN)


def refusal_of_round(round, mode):
    """The same for a round and a way of coming to it."""
    if mode not in round.modes:
        return Refusal("over", "这里不收答卷", "这次调查不用这种方式，谢谢您的关心。")
    if round.takes_answers:
        return None
    if round.state != Round.State.CLOSED and timezone.localdate() < round.starts_on:
        words = f"这次调查从 {round.starts_on:%Y 年 %-m 月 %-d 日}开始，到时候再来，这个码一直有效。"
        return Refusal("early", "还没有开始", words)
    if round.state == Round.State.DRAFT:
        return Refusal("early", "还没有开始", "这次调查还在准备，过几天再来，这个码一直有效。")
    return Refusal("over", "这次调查已经结束", "这次调查已经结束，谢谢您的关心。")
