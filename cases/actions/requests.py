"""延期 and 挂账: asked for by who has the case, decided one person above. 督办: words from above, and the reply."""

from django.db import transaction
from django.utils import timezone

from cases import rights
from cases.actions import moving
from cases.actions.advance import advance
from cases.deadlines import WORKING_DAY, Limit
from cases.exceptions import IllegalTransition
from cases.models import CaseRequest, Supervision
from cases.vocabulary import Deed, Level, Status
from grids import access
from grids.exceptions import DomainError

P = access.Permission
Kind, Decision = CaseRequest.Kind, CaseRequest.Decision


@transaction.atomic
def ask(*, case, by, kind, reason, days=None, seen_version=None):
    """Ask for more time or for a rest. The case stays 处置中 and its clock runs until somebody agrees."""
    case = moving.locked(case)
    moving.require_version(case, seen_version)
    if case.status != Status.HANDLING:
        raise IllegalTransition
    if not rights.has_in_hand(by, case):
        raise rights.NotAllowed("这件事现在不在您手上。")
    if case.requests.filter(decision=Decision.PENDING).exists():
        raise DomainError("已有一项申请等着批，不用重复提出。")
    if kind == Kind.EXTEND and not days:
        raise DomainError("请填要延长几个工作日。")
    request = CaseRequest.objects.create(
        case=case,
        kind=kind,
        days=days if kind == Kind.EXTEND else None,
        reason=reason,
        asked_by=by,
        asked_at=timezone.now(),
    )
    told = {"kind": Kind(kind).label} | ({"days": days} if kind == Kind.EXTEND else {})
    _deed(case, Deed.ASK, by, words=reason, told=told)
    return request


def may_decide(user, case, request):
    """Whether the user is the one person above: over the case, above its level, and not who asked or handles it.

    At the town and above it there is nobody higher, so another of the town decides.
    """
    if user.pk in (request.asked_by_id, case.handler_id):
        return False
    levels = access.levels_at(user, P.APPROVE_REQUEST, case.responsible_grid_id)
    return bool(levels) and (levels[-1] > case.level or levels[-1] == Level.TOWN)


@transaction.atomic
def decide(*, request, by, agreed, opinion=""):
    """Agree or not. An extension lengthens the limit, a rest stops the clock. Returns the request as it stands."""
    case = moving.locked(request.case)
    request = CaseRequest.objects.select_for_update().get(pk=request.pk)
    if request.decision != Decision.PENDING or case.status != Status.HANDLING:
        raise IllegalTransition
    if not may_decide(by, case, request):
        raise rights.NotAllowed("这项申请要由上一级的另一个人来批。")
    if not agreed and not opinion.strip():
        raise DomainError("不同意请写明意见。")
    request.decision = Decision.AGREED if agreed else Decision.REFUSED
    request.decided_by, request.decided_at, request.opinion = by, timezone.now(), opinion.strip()
    request.save()
    if not agreed:
        _deed(case, Deed.REFUSE, by, words=opinion, told={"kind": request.get_kind_display()})
    elif request.kind == Kind.EXTEND:
        minutes = case.extended_minutes + _minutes(case, request.days)
        _deed(case, Deed.EXTEND, by, words=opinion, told={"days": request.days}, extended_minutes=minutes)
    else:
        words = opinion.strip() or "同意"
        advance(case=case, press="suspend", by=by, words=words)
    return request


def _minutes(case, days):
    """Extra working days in what the case's limit counts: working time, or time on the clock."""
    if Limit(case.limit_amount, case.limit_unit).is_round_the_clock:
        return days * 24 * 60
    return days * int(WORKING_DAY.total_seconds() // 60)


@transaction.atomic
def supervise(*, case, by, words, reply_by, seen_version=None):
    """督办: the town or a leader asks, by a day. One at a time; unanswered it stays on top of the lists."""
    case = moving.locked(case)
    if not rights.may_supervise(by, case):
        raise rights.NotAllowed("您没有这项权限。")
    moving.require_version(case, seen_version)
    if not case.is_open or case.status == Status.SELF_CLOSED:
        raise DomainError(f"这件事{case.get_status_display()}，不用再督办。")
    if reply_by < timezone.localdate():
        raise DomainError("答复期限不能早于今天。")
    if case.supervisions.filter(replied_at=None).exists():
        raise DomainError("上一次督办还没有答复。")
    supervision = Supervision.objects.create(
        case=case, words=words.strip(), reply_by=reply_by, by=by, at=timezone.now()
    )
    _deed(case, Deed.SUPERVISE, by, words=words, reply_by=reply_by)
    return supervision


def may_reply(user, case):
    """Whether the user answers for the case: has it in hand, or registers where nobody has taken it yet."""
    return rights.has_in_hand(user, case) or (
        case.holder_id is None and case.unit_id is None and rights.may(user, P.REGISTER_CASE, case)
    )


@transaction.atomic
def reply(*, supervision, by, words):
    """Answer a 督办. Raises DomainError where it has its answer already."""
    case = moving.locked(supervision.case)
    supervision = Supervision.objects.select_for_update().get(pk=supervision.pk)
    if supervision.replied_at:
        raise DomainError("这次督办已经答复。")
    if not may_reply(by, case):
        raise rights.NotAllowed("这件事现在不在您手上。")
    if not words.strip():
        raise DomainError("请写明答复。")
    supervision.reply, supervision.replied_by, supervision.replied_at = words.strip(), by, timezone.now()
    supervision.save()
    _deed(case, Deed.REPLY, by, words=words)
    return supervision


def _deed(case, deed, by, words="", told=None, **given):
    clock = moving.TownClock(case.town_id, since=case.registered_at)
    move = moving.moved(case, deed, clock=clock, **given)
    moving.write(case, move, by=by, words=words, told=told)
