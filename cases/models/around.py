"""What hangs on a case: requests, supervision, people called in, ratings and their links, tasks, checks."""

from datetime import timedelta
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from cases.models.case import Case
from grids import access
from grids.crypto import Sealed
from grids.models import Grid, User
from grids.querysets import TownScopedQuerySet

P = access.Permission


class OfCaseQuerySet(models.QuerySet):
    """Rows that follow their case's scope."""

    def visible_to(self, user, permission):
        return self.filter(case__in=Case.objects.visible_to(user, permission))


class CaseRequest(models.Model):
    """延期 or 挂账, asked for by who has the case, decided one person above; the clock runs until then."""

    class Kind(models.TextChoices):
        EXTEND = "extend", "延期"
        SUSPEND = "suspend", "挂账"

    class Decision(models.TextChoices):
        PENDING = "pending", "待批"
        AGREED = "agreed", "同意"
        REFUSED = "refused", "不同意"
        LAPSED = "lapsed", "已失效"

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="requests")
    kind = models.CharField("类型", max_length=8, choices=Kind)
    days = models.PositiveSmallIntegerField("延长工作日", null=True, blank=True)
    reason = models.CharField("理由", max_length=300)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decision = models.CharField("结果", max_length=8, choices=Decision, default=Decision.PENDING)
    opinion = models.CharField("意见", max_length=300, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(decision="pending"), name="one_pending_request_a_case"
            ),
            models.CheckConstraint(
                condition=Q(kind="extend", days__isnull=False, days__range=(1, 60))
                | Q(kind="suspend", days=None),
                name="extension_has_days",
                violation_error_message="延期请填 1 至 60 个工作日。",
            ),
            models.CheckConstraint(
                condition=Q(decision__in=["pending", "lapsed"], decided_by=None, decided_at=None)
                | Q(decision__in=["agreed", "refused"], decided_by__isnull=False, decided_at__isnull=False),
                name="request_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="request_decided_by_another",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.get_decision_display()}"


class Supervision(models.Model):
    """督办: words of the town or a leader with a day to reply by; the holder answers."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="supervisions")
    words = models.CharField("督办意见", max_length=500)
    reply_by = models.DateField("答复期限")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reply = models.TextField("答复", max_length=1000, blank=True)
    replied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    replied_at = models.DateTimeField(null=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(replied_at=None), name="one_unanswered_supervision_a_case"
            ),
            models.CheckConstraint(
                condition=Q(replied_at=None, replied_by=None, reply="")
                | Q(replied_at__isnull=False, replied_by__isnull=False) & ~Q(reply=""),
                name="supervision_replied_by_someone",
            ),
        ]

    def __str__(self):
        return self.words[:20]


class CaseExpert(models.Model):
    """外请专业人员: somebody without an account who was called in, with when they came and were done."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="experts")
    name = models.CharField("姓名或单位", max_length=40)
    phone_sealed = models.TextField(blank=True, editable=False)
    work = models.CharField("做什么", max_length=100, blank=True)
    arrived_at = models.DateTimeField("到场", null=True, blank=True)
    finished_at = models.DateTimeField("完工", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    phone = Sealed("caseexpert.phone")
    objects = OfCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(arrived_at__isnull=False, finished_at__gte=F("arrived_at")),
                name="expert_finishes_after_arriving",
                violation_error_message="完工时间须晚于到场时间。",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def minutes(self):
        """How long they worked, or None."""
        if self.finished_at is None:
            return None
        return int((self.finished_at - self.arrived_at).total_seconds() // 60)


class CaseLink(models.Model):
    """A resident's way to their matter: a code, as a link, a QR or typed. It shows the state and takes one rating.

    Only the keyed hash of the code is kept. `round` is the closure it may rate: a matter taken up again is rated anew.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    round = models.PositiveSmallIntegerField(default=0)
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="case_link_expires_later")
        ]

    def __str__(self):
        return f"link of {self.case_id}"


class CaseRating(models.Model):
    """What the resident says of the result: by link, or by a call (回访) from somebody who did not handle it."""

    class Channel(models.TextChoices):
        LINK = "link", "自己评价"
        CALL = "call", "电话回访"

    case = models.ForeignKey(Case, models.PROTECT, related_name="ratings")
    round = models.PositiveSmallIntegerField(default=0)
    score = models.PositiveSmallIntegerField("满意度", choices=Case.Score)
    words = models.CharField("说了什么", max_length=500, blank=True)
    channel = models.CharField("方式", max_length=4, choices=Channel)
    called_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="one_rating_a_closure"),
            models.CheckConstraint(
                condition=Q(channel="link", called_by=None) | Q(channel="call", called_by__isnull=False),
                name="call_has_a_caller",
            ),
        ]

    def __str__(self):
        return f"{self.get_score_display()} {self.case_id}"


class CaseTask(models.Model):
    """What the town has to do about a rating of 不满意, by a moment in working time."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="tasks")
    rating = models.OneToOneField(CaseRating, models.PROTECT, related_name="task")
    due_at = models.DateTimeField("期限")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField("处理结果", max_length=500, blank=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None, outcome="")
                | Q(done_at__isnull=False, done_by__isnull=False) & ~Q(outcome=""),
                name="case_task_done_by_someone",
            )
        ]

    def __str__(self):
        return f"task of {self.case_id}"


class HardCase(models.Model):
    """Who looks after a 老大难 and when it is next looked at. Which cases are 老大难 follows from the cases."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="hard")
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="包联人")
    next_on = models.DateField("下次日期")
    note = models.CharField("办法", max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OfCaseQuerySet.as_manager()

    def __str__(self):
        return f"{self.case_id} {self.next_on}"


class CheckDraw(models.Model):
    """A draw of cases settled on the spot, to be looked at by the town. The seed makes it checkable."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    town = models.ForeignKey(Grid, models.PROTECT, related_name="+")
    starts_on = models.DateField("起")
    ends_on = models.DateField("止（不含）")
    percent = models.PositiveSmallIntegerField("比例（%）")
    seed = models.PositiveBigIntegerField()
    eligible = models.PositiveIntegerField("可抽件数")
    drawn_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="check_draw_period_in_order"
            ),
            models.CheckConstraint(condition=Q(percent__range=(1, 100)), name="check_draw_percent"),
        ]

    def __str__(self):
        return f"抽查 {self.starts_on}"

    @property
    def last_day(self):
        """The inclusive end, as people write a period."""
        return self.ends_on - timedelta(days=1)


class CheckItem(models.Model):
    """One drawn case and what the check found."""

    class Result(models.TextChoices):
        OPEN = "open", "待查"
        TRUE = "true", "属实"
        UNTRUE = "untrue", "不属实"

    draw = models.ForeignKey(CheckDraw, models.PROTECT, related_name="items")
    case = models.ForeignKey(Case, models.PROTECT, related_name="checks")
    result = models.CharField("结果", max_length=6, choices=Result, default=Result.OPEN)
    words = models.CharField("情况", max_length=300, blank=True)
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draw", "case"], name="case_once_a_draw"),
            models.CheckConstraint(
                condition=Q(result="open", checked_by=None, checked_at=None)
                | ~Q(result="open") & Q(checked_by__isnull=False, checked_at__isnull=False),
                name="check_made_by_someone",
            ),
        ]

    def __str__(self):
        return f"{self.case_id} {self.result}"
