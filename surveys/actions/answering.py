"""Finishing an answer: once, within its quotas, counted in the same transaction, leading to nobody."""

import hashlib
import json

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q

from grids import access
from grids.exceptions import DomainError
from surveys import counting
from surveys.actions import mixing
from surveys.exceptions import OtherAnswer, QuotaFull, RoundClosed, TokenUsed
from surveys.models import (
    SELF_SELECTED,
    InterviewerTally,
    Mode,
    Response,
    RoundArea,
    RoundQuota,
    SampledHousehold,
    Token,
    TokenDraft,
    schema_of,
)

P = access.Permission

# Counts nothing in a round that was closed since it was read: what is closed stays as its results were read.
_COUNT = """
INSERT INTO surveys_stratum AS s (round_id, area_id, sex, age_band, mode, n, counts)
SELECT id, %s::bigint, %s, %s, %s, 1, %s::jsonb FROM surveys_round WHERE id = %s AND state = 'open'
ON CONFLICT (round_id, area_id, sex, age_band, mode)
DO UPDATE SET n = s.n + 1, counts = add_counts(s.counts, EXCLUDED.counts)
"""


def digest_of(**told):
    """sha256 of an answer in one spelling: how a repeated post is known."""
    canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def finish(**told):
    """Take in a finished answer; see `_finish`. The same answer at the same moment on another connection is known."""
    try:
        return _finish(**told)
    except IntegrityError:
        with transaction.atomic():
            if not Response.objects.filter(pk=told["response"]).exists():
                raise
            return _finish(**told)


@transaction.atomic
def _finish(
    *,
    round,
    response,
    mode,
    answers,
    area=None,
    sex="",
    age_band="",
    is_proxy=False,
    token=None,
    sampled=None,
    by=None,
    self_filled=False,
):
    """Take in a finished answer; True when this post made it, False when it was known.

    `response` is the random uuid of the answer, `answers` what surveys.schema let through. `by` is the interviewer of
    a visit or a stand, of whom only a tally is kept. Raises RoundClosed, TokenUsed, QuotaFull, OtherAnswer or
    PermissionDenied; then nothing has changed.
    """
    mixing.hold_still(round.pk)
    told = {"area": area and area.code, "sex": sex, "age": age_band, "proxy": is_proxy, "answers": answers}
    digest = digest_of(**told)
    known = Response.objects.filter(pk=response).first()
    if known is not None:
        if known.round_id != round.pk or known.digest != digest:
            raise OtherAnswer
        return False
    takes = round.takes_paper if mode == Mode.PAPER else round.takes_answers
    if mode not in round.modes or not takes:
        raise RoundClosed("这次调查现在不收答卷。")
    if token is not None:
        _use(token)
    if sampled is not None:
        _interviewed(sampled, by)
    if mode not in SELF_SELECTED:
        _take_place(round, area, sex, age_band)
    counts = counting.counts_of(schema_of(round.version), answers, is_proxy=is_proxy)
    with connection.cursor() as cursor:
        place = area and area.pk
        cursor.execute(_COUNT, [place, sex, age_band, mode, json.dumps(counts), round.pk])
        if not cursor.rowcount:
            raise RoundClosed("这次调查刚刚结束。")
    if by is not None:
        _tally(round, by, self_filled)
    Response.objects.create(
        pk=response,
        round=round,
        area=area,
        sex=sex,
        age_band=age_band,
        mode=mode,
        is_proxy=is_proxy,
        answers=answers,
        digest=digest,
    )
    return True


def _use(token):
    """The token's one use; the row lock makes two phones with one code take turns, and no draft outlives it."""
    if not Token.objects.filter(pk=token.pk, is_used=False).update(is_used=True):
        raise TokenUsed
    TokenDraft.objects.filter(token=token).delete()


def _interviewed(sampled, by):
    access.require(by, P.INTERVIEW, sampled.grid_id)
    waiting = SampledHousehold.objects.filter(pk=sampled.pk, state=SampledHousehold.State.WAITING)
    if not waiting.update(state=SampledHousehold.State.DONE, tries=F("tries") + 1):
        raise DomainError("这一户已经访过，或不在名单里。")


def has_room(*, round, area=None, sex="", age_band=""):
    """Whether the quotas have a place for such a person now; who comes when they have none need not answer first."""
    full = Q(quota__isnull=False, done__gte=F("quota"))
    if RoundArea.objects.filter(full, round=round, area=area).exists():
        return False
    return not RoundQuota.objects.filter(full, round=round, sex=sex, age_band=age_band).exists()


def filled_cells(round):
    """The cells of sex and age of which enough were asked, in order; one query."""
    return list(
        RoundQuota.objects.filter(round=round, quota__isnull=False, done__gte=F("quota")).order_by(
            "sex", "age_band"
        )
    )


def _take_place(round, area, sex, age_band):
    """Count in both quotas, in a fixed order; whoever comes when one is full takes no place in the other."""
    room = Q(quota=None) | Q(done__lt=F("quota"))
    if area is not None:
        rows = RoundArea.objects.filter(room, round=round, area=area)
        if not rows.update(done=F("done") + 1):
            raise QuotaFull
    if sex and age_band:
        cells = RoundQuota.objects.filter(round=round, sex=sex, age_band=age_band)
        if not cells.filter(room).update(done=F("done") + 1) and cells.exists():
            raise QuotaFull


def _tally(round, by, self_filled):
    column = "self_filled" if self_filled else "read_out"
    InterviewerTally.objects.get_or_create(round=round, interviewer=by)
    InterviewerTally.objects.filter(round=round, interviewer=by).update(**{column: F(column) + 1})
