"""The resident's word at the end: codes to follow one's matter, one rating a closure, calls, and the town's task."""

import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from cases import rights
from cases.actions import moving
from cases.actions.advance import advance
from cases.exceptions import IllegalTransition
from cases.models import Case, CaseLink, CaseRating, CaseTask, calendar_of
from cases.vocabulary import Deed, Status
from grids import access, names
from grids.actions import audit
from grids.crypto import keyed_hash
from grids.exceptions import DomainError
from grids.models import AuditEntry

P = access.Permission

# No letter or digit that is read or heard as another; twelve of thirty are 58 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
VALID_FOR = timedelta(days=90)


def hash_of(code):
    """The keyed hash under which a code is known, however it was typed: spaces, dashes, small letters."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    return keyed_hash(plain, label="case.link") if len(plain) == CODE_LENGTH else ""


def dashed(code):
    """As it is printed and read out: ABCD-EFGH-JKMN."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


@transaction.atomic
def issue_link(*, case, by):
    """Make a code with which a resident follows this case and rates its result once. Returns (link, the code).

    The code is shown this once; only its hash is kept. Earlier codes of the case stay good.
    """
    if not rights.may_issue_link(by, case):
        raise rights.NotAllowed("您没有这项权限。")
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    now = timezone.now()
    link = CaseLink.objects.create(
        case=case,
        token_hash=hash_of(code),
        round=case.reopen_count,
        issued_by=by,
        issued_at=now,
        expires_at=now + VALID_FOR,
    )
    return link, code


def link_of(code):
    """The link of a code that was typed or scanned, with its case, or None: unknown, expired."""
    found = hash_of(code)
    if not found:
        return None
    links = CaseLink.objects.select_related(
        "case", "case__category", "case__grid", "case__merged_into", "case__town"
    )
    link = links.filter(token_hash=found).first()
    return link if link and link.expires_at > timezone.now() else None


def may_rate(link):
    """ "" where the link's resident may rate now, else the sentence that says why not."""
    case = link.case.merged_into or link.case
    if case.status != Status.CLOSED:
        return "这件事还没有办结，办结后再来评价。"
    if (link.used_at and link.round == case.reopen_count) or case.rating is not None:
        return "这件事已经评价过了，谢谢您。"
    return ""


def rate_by_link(*, code, score, words=""):
    """A resident's rating through a code. Raises DomainError for a code that is unknown, expired or used."""
    with transaction.atomic():
        link = link_of(code)
        if link is None:
            raise DomainError("没有找到这个查询码，或它已过期。")
        case = moving.locked(link.case.merged_into or link.case)
        link = CaseLink.objects.select_for_update().select_related("case").get(pk=link.pk)
        refused = may_rate(link)
        if refused:
            raise DomainError(refused)
        link.used_at, link.round = timezone.now(), case.reopen_count
        link.save()
        return _rate(case, score, words, CaseRating.Channel.LINK, None)


def rate_by_call(*, case, by, score, words=""):
    """What a resident said on the telephone (回访), typed by somebody who did not handle the case."""
    with transaction.atomic():
        case = moving.locked(case)
        if not rights.may_call_back(by, case):
            raise rights.NotAllowed("回访要由本地没有经办的人来做。")
        if case.status != Status.CLOSED:
            raise IllegalTransition
        if case.rating is not None:
            raise DomainError("这件事已经评价过了。")
        return _rate(case, score, words, CaseRating.Channel.CALL, by)


def _rate(case, score, words, channel, by):
    try:
        with transaction.atomic():
            rating = CaseRating.objects.create(
                case=case,
                round=case.reopen_count,
                score=score,
                words=words.strip(),
                channel=channel,
                called_by=by,
                at=timezone.now(),
            )
    except IntegrityError as error:
        raise DomainError("这件事已经评价过了。") from error
    clock = moving.TownClock(case.town_id)
    move = moving.moved(case, Deed.RATE, clock=clock, at=rating.at, score=int(score))
    told = {"channel": rating.get_channel_display()}
    moving.write(case, move, by=by, words=words, told=told)
    if rating.score == Case.Score.UNSATISFIED:
        _make_task(case, rating, clock)
    return rating


def _make_task(case, rating, clock):
    """不满意 becomes a task of the town, due in working days (DOMAIN: two)."""
    calendar = calendar_of(case.town_id, since=timezone.localdate(rating.at), rules=clock.rules)
    due_at = calendar.after(rating.at, timedelta(hours=8) * clock.rules.rating_days)
    CaseTask.objects.create(case=case, rating=rating, due_at=due_at)


@transaction.atomic
def finish_task(*, task, by, outcome, reopen=False, seen_version=None):
    """Say what was done about a 不满意; with `reopen` the case is taken up again in the same step.

    Raises DomainError where it is done already, IllegalTransition where the case moved on meanwhile.
    """
    case = moving.locked(task.case)
    moving.require_version(case, seen_version)
    task = CaseTask.objects.select_for_update().get(pk=task.pk)
    if not access.can(by, P.CLOSE_CASE, case.responsible_grid_id):
        raise rights.NotAllowed("您没有这项权限。")
    if task.done_at:
        raise DomainError("这项任务已经办完。")
    if not outcome.strip():
        raise DomainError("请写明处理结果。")
    task.done_at, task.done_by, task.outcome = timezone.now(), by, outcome.strip()
    task.save()
    move = moving.moved(case, Deed.TASK, clock=moving.TownClock(case.town_id))
    moving.write(case, move, by=by, words=outcome)
    if reopen:
        advance(case=case, press="reopen", by=by, words=outcome)
    return task


@transaction.atomic
def caller_number(*, case, by):
    """The telephone number of who told the matter, to be dialled now; in the audit log each time.

    Raises PermissionDenied, DomainError without a number, CannotOpen.
    """
    access.require(by, P.CALL_RESIDENT, case.responsible_grid_id)
    number = case.caller_phone
    if not number:
        raise DomainError("没有登记反映人的电话。")
    audit.log(
        AuditEntry.Action.CALL,
        by=by,
        grid=case.responsible_grid,
        obj=case,
        label=names.mask_name(case.caller_name) or case.case_no,
        changes={"电话": ["", names.mask_phone(number)]},
        reason="回访",
    )
    return number
