"""A case, the log of its life, and the snapshot of that log which lists and figures read."""

from datetime import timedelta
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from cases import deadlines
from cases.models.rules import CaseCategory
from cases.querysets import CaseLists
from cases.vocabulary import (
    DEED_LABELS,
    ENDED,
    LEVEL_LABELS,
    OPEN,
    STATUS_LABELS,
    STEP_LABELS,
    Level,
    Status,
    Step,
)
from cases.workflow import TRANSITIONS
from grids import access
from grids.crypto import Sealed
from grids.models import Concern, FieldRecord, Finding, Grid, Household, Photo, Unit, User
from grids.scoped import position_whole

P = access.Permission
S = Status
# Plain values, so that a migration does not import the vocabulary.
STATUSES = [(status.value, label) for status, label in STATUS_LABELS.items()]
LEVELS = [(level.value, label) for level, label in LEVEL_LABELS.items()]
STEPS = [(step.value, label) for step, label in STEP_LABELS.items()]


class CaseQuerySet(CaseLists):
    """Cases by the office's words. A scope is a predicate on the row's own columns."""

    def visible_to(self, user, permission):
        """Cases in the user's places, and those of the user's units as far as a unit may; for seeing, one's own too."""
        found = Q(responsible_grid_id__in=access.scope(user, permission))
        units = access.unit_scope(user, permission)
        if units:
            supported = CaseSupport.objects.filter(unit_id__in=units)
            found |= Q(unit_id__in=units) | Q(pk__in=supported.values("case_id"))
        if permission == P.SEE_CASES and user.pk:
            found |= Q(reporter_id=user.pk)
        return self.filter(found)

    def with_hands(self):
        """With the units that support it and the accounts of its own: what the rights of many buttons read."""
        supports = CaseSupport.objects.select_related("unit").order_by("unit__name")
        return self.prefetch_related(models.Prefetch("supports", supports), "unit__memberships")

    def counted(self):
        """Cases that figures count: neither void nor a duplicate, and filed."""
        return self.filter(registered_at__isnull=False).exclude(status__in=[S.MERGED, S.VOIDED])


class Case(models.Model):
    """A matter heard and settled (事件). What happened to it is in its events; the columns below them are a snapshot.

    `grid` is where it was reported, as of that day: figures go by it. `responsible_grid` is where it is worked, and
    follows a regridding. Moments are aware; `natural_seconds` and `working_seconds` run from the registration to the
    closure less what was suspended.
    """

    class Source(models.TextChoices):
        VISIT = "visit", "走访"
        PATROL = "patrol", "巡查"
        RESIDENT = "resident", "居民自报"
        PHONE = "phone", "电话接报"
        HOTLINE = "hotline", "12345"
        ASSIGNED = "assigned", "上级交办"
        INSPECTION = "inspection", "实地考察"
        LEADER = "leader", "领导批示"

    class Score(models.IntegerChoices):
        SATISFIED = 3, "满意"
        FAIRLY = 2, "基本满意"
        UNSATISFIED = 1, "不满意"

    class DueBy(models.TextChoices):
        LIMIT = "limit", "处置时限"
        UPSTREAM = "upstream", "上级时限"

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    town = models.ForeignKey(Grid, models.PROTECT, related_name="+")
    case_no = models.CharField("编号", max_length=20)
    record = models.OneToOneField(FieldRecord, models.PROTECT, related_name="case")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="cases", verbose_name="网格")
    responsible_grid = models.ForeignKey(Grid, models.PROTECT, related_name="open_cases")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="cases")
    subject = models.CharField("什么事", max_length=30)
    category = models.ForeignKey(CaseCategory, models.PROTECT, related_name="cases", verbose_name="类别")
    place = models.CharField("发现地点", max_length=120)
    place_key = models.CharField(max_length=200, editable=False)
    words = models.TextField("情况说明", max_length=2000, blank=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    affected_households = models.PositiveSmallIntegerField("影响户数", null=True, blank=True)
    households = models.ManyToManyField(Household, through="CaseHousehold", related_name="+")
    source = models.CharField("来源", max_length=12, choices=Source)
    upstream_no = models.CharField("上级编号", max_length=40, blank=True)
    upstream_due_at = models.DateTimeField("上级时限", null=True, blank=True)
    reporter = models.ForeignKey(User, models.PROTECT, related_name="reported_cases", verbose_name="上报人")
    caller_name = models.CharField("反映人", max_length=40, blank=True)
    caller_phone_sealed = models.TextField(blank=True, editable=False)
    reported_at = models.DateTimeField("上报时间")
    concern = models.OneToOneField(Concern, models.PROTECT, null=True, related_name="case")
    finding = models.OneToOneField(Finding, models.PROTECT, null=True, related_name="case")
    origin = models.ForeignKey(FieldRecord, models.PROTECT, null=True, related_name="cases_grown")
    origin_case = models.ForeignKey("self", models.PROTECT, null=True, related_name="reported_beside")
    recurs_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="recurrences")

    # What the people who settle it find out; edited by them, with an event each.
    handling_place = models.CharField("处置地点", max_length=120, blank=True)
    handling_longitude = models.FloatField(null=True)
    handling_latitude = models.FloatField(null=True)
    cause = models.TextField("原因", max_length=1000, blank=True)
    measures = models.TextField("措施", max_length=2000, blank=True)
    helpers = models.CharField("协同人员", max_length=120, blank=True)
    reply = models.TextField("给反映人的答复", max_length=500, blank=True)

    # The snapshot: cases.snapshot folds the events into these columns.
    status = models.CharField("状态", max_length=12, choices=STATUSES)
    level = models.PositiveSmallIntegerField("层级", choices=LEVELS)
    holder = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="cases_held", verbose_name="经办人"
    )
    handler = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="处置人")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="cases", verbose_name="承办单位")
    steps_done = ArrayField(models.PositiveSmallIntegerField(), default=list)
    version = models.PositiveIntegerField(default=0, editable=False)
    is_urgent = models.BooleanField("紧急", default=False)
    was_supervised = models.BooleanField("督办", default=False)
    reply_by = models.DateField("督办答复期限", null=True)
    is_extended = models.BooleanField("已延期", default=False)
    registered_at = models.DateTimeField("立案时间", null=True)
    limit_amount = models.PositiveSmallIntegerField(null=True)
    limit_unit = models.CharField(max_length=14, blank=True, choices=CaseCategory.LimitUnit)
    extended_minutes = models.PositiveIntegerField(default=0)
    pauses = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    suspended_since = models.DateTimeField("暂缓起", null=True)
    warn_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField("处置期限", null=True)
    due_by = models.CharField(max_length=8, choices=DueBy, default=DueBy.LIMIT)
    is_provisional = models.BooleanField("期限待定", default=False)
    handled_at = models.DateTimeField("办好时间", null=True)
    closed_at = models.DateTimeField("结案时间", null=True)
    natural_seconds = models.PositiveIntegerField(null=True)
    working_seconds = models.PositiveIntegerField(null=True)
    level_closed = models.PositiveSmallIntegerField(null=True, choices=LEVELS)
    rework_count = models.PositiveSmallIntegerField("返工次数", default=0)
    reopen_count = models.PositiveSmallIntegerField("重办次数", default=0)
    was_self_closed = models.BooleanField("当场办结", default=False)
    is_unchecked = models.BooleanField("未抽查", default=False)
    was_reviewed = models.BooleanField("已复核", default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="duplicates")
    status_before = models.CharField(max_length=12, blank=True)
    rating = models.PositiveSmallIntegerField("满意度", null=True, choices=Score)
    rated_at = models.DateTimeField(null=True)

    caller_phone = Sealed("case.caller_phone")
    objects = CaseQuerySet.as_manager()

    # What the tallies hold of the row while an action changes it (cases.actions.moving).
    tallied = None

    class Meta:
        indexes = [
            models.Index(fields=["responsible_grid", "status", "due_at"], name="case_by_responsible"),
            models.Index(fields=["responsible_grid", "-id"], name="case_newest_of_grid"),
            models.Index(fields=["unit", "status"], name="case_by_unit", condition=Q(unit__isnull=False)),
            models.Index(fields=["reporter", "-id"], name="case_by_reporter"),
            models.Index(
                fields=["holder", "status"], name="case_by_holder", condition=Q(holder__isnull=False)
            ),
            models.Index(fields=["responsible_grid", "reported_at"], name="case_reported_in"),
            models.Index(fields=["category", "place_key"], name="case_by_place"),
            models.Index(
                # A band of 100 metres, within which the longitude is compared.
                fields=["category", "latitude"],
                name="case_by_position",
                condition=Q(latitude__isnull=False),
            ),
            models.Index(fields=["grid", "due_at"], name="case_due_in_grid"),
            models.Index(fields=["grid", "closed_at"], name="case_closed_in_grid"),
            # What the dashboard counts of today, without a look at the rows: the open ones are few among all.
            models.Index(
                fields=["responsible_grid"],
                include=[
                    *("id", "status", "town", "reported_at", "warn_at", "due_at", "handled_at"),
                    *("suspended_since", "reply_by"),
                ],
                name="case_open_in_grid",
                condition=Q(status__in=sorted(status.value for status in OPEN)),
            ),
            # What was closed late is looked for among the newest; beside years of history it would be a needle.
            models.Index(
                fields=["responsible_grid", "-id"],
                name="case_closed_late",
                condition=Q(closed_at__gt=F("due_at")),
            ),
            models.Index(
                fields=["merged_into"], name="case_duplicates", condition=Q(merged_into__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["town", "case_no"], name="case_no_once_a_town"),
            position_whole("case_position_whole"),
            models.CheckConstraint(
                condition=~Q(level=Level.UNIT.value) | Q(unit__isnull=False),
                name="case_of_a_unit_names_it",
                violation_error_message="请选择承办单位。",
            ),
            models.CheckConstraint(
                condition=Q(status=S.MERGED, merged_into__isnull=False)
                | ~Q(status=S.MERGED) & Q(merged_into=None),
                name="case_merged_into_another",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="case_not_merged_into_itself"),
            models.CheckConstraint(
                condition=~Q(status=S.CLOSED)
                | Q(closed_at__isnull=False, registered_at__isnull=False, level_closed__isnull=False),
                name="case_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(registered_at=None, due_at=None, warn_at=None)
                | Q(registered_at__isnull=False, due_at__isnull=False, warn_at__isnull=False),
                name="case_registered_has_limit",
            ),
            models.CheckConstraint(
                condition=~Q(status=S.SUSPENDED) | Q(suspended_since__isnull=False),
                name="case_suspended_since",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("registered_at")),
                name="case_closes_after_registration",
            ),
        ]

    def __str__(self):
        return f"{self.case_no} {self.subject}"

    def get_absolute_url(self):
        return reverse("case", args=[self.uuid])

    def pictures(self):
        """Photos of the report and of what was written down since, oldest first; a query."""
        written = self.events.filter(record__isnull=False).values("record_id")
        return Photo.objects.filter(Q(record_id=self.record_id) | Q(record_id__in=written)).order_by("pk")

    @property
    def is_open(self):
        return self.status in OPEN

    @property
    def has_ended(self):
        return self.status in ENDED

    @property
    def limit(self):
        """The limit as `deadlines` counts it; None before the registration."""
        if self.limit_amount is None:
            return None
        return deadlines.Limit(self.limit_amount, deadlines.LimitUnit(self.limit_unit))

    @property
    def light(self):
        """Green, yellow or red while the limit runs; None before it does, while it is stopped and at the end."""
        if self.due_at is None or self.suspended_since or not self.is_open:
            return None
        return deadlines.light(self.handled_at or timezone.now(), self.warn_at, self.due_at)

    @property
    def is_late(self):
        """超期: not closed (or closed) after the deadline."""
        return self.due_at is not None and (self.closed_at or timezone.now()) > self.due_at

    @property
    def closed_in_grid(self):
        """网格自办: settled at the level of the gridworker or the grid head."""
        return self.level_closed is not None and self.level_closed <= Level.HEAD

    @property
    def holder_words(self):
        """Who has it: a unit, a person, or the desk of the level. Reads `unit` and `holder` as loaded."""
        if self.unit_id:
            return self.unit.name
        if self.holder_id:
            return self.holder.name
        return self.get_level_display()


class CaseHousehold(models.Model):
    """A household that a case affects or is about."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "household"], name="household_once_a_case")]

    def __str__(self):
        return f"{self.household_id} of {self.case_id}"


class CaseSupport(models.Model):
    """A unit that helps the one that leads (协办单位)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="supports")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "unit"], name="unit_supports_once")]
        indexes = [models.Index(fields=["unit", "case"], name="support_by_unit")]

    def __str__(self):
        return f"{self.unit_id} supports {self.case_id}"


class CaseEvent(models.Model):
    """One thing that happened to a case; append-only. A press that completes several steps writes one event each.

    `press` names a transition or a deed (cases.vocabulary). `status`, `level`, `holder` and `unit` say how the case
    stood after it. `position` counts the events of one press; only the first carries `words` and `data`.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    press = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(null=True, choices=STEPS)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    status = models.CharField(max_length=12)
    level = models.PositiveSmallIntegerField()
    holder = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    words = models.TextField(max_length=2000, blank=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    record = models.ForeignKey(FieldRecord, models.PROTECT, null=True, related_name="case_events")

    class Meta:
        indexes = [models.Index(fields=["case", "id"], name="event_by_case")]

    def __str__(self):
        return f"{self.press} of {self.case_id}"

    @property
    def label(self):
        """What the page calls it."""
        transition = TRANSITIONS.get(self.press)
        return transition.label if transition else DEED_LABELS.get(self.press, self.press)

    @property
    def step_label(self):
        return STEP_LABELS[Step(self.step)] if self.step else ""

    @property
    def was_late(self):
        """Recorded more than ten minutes after it happened: saved without signal, or told afterwards."""
        return self.recorded_at - self.happened_at > timedelta(minutes=10)
