"""What happens in the field: one append-only record behind every fact, and the facts by kind."""

from datetime import timedelta
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from grids.models.grid import Grid
from grids.models.household import Household, Resident
from grids.models.people import User
from grids.querysets import FieldScopedQuerySet, HouseholdScopedQuerySet
from grids.scoped import position_whole

# A phone's clock may differ this much from the server's before a record is flagged (FIELD).
CLOCK_SKEW = timedelta(minutes=10)


class FieldRecord(models.Model):
    """The receipt of one field fact: who did it, who typed it, when, where, and a hash of what was sent.

    Append-only by trigger. `uuid` is made by the client: the same uuid with the same `digest` is the same fact.
    A correction is a new record that names the old one and a reason; a withdrawal corrects without a new fact.
    """

    class Kind(models.TextChoices):
        VISIT = "visit", "走访"
        PATROL = "patrol", "巡查"
        CONCERN = "concern", "诉求"
        CASE = "case", "事件"
        CASE_NOTE = "case_note", "处置记录"
        INSPECTION = "inspection", "实地考察"
        WITHDRAWAL = "withdrawal", "撤销"

    uuid = models.UUIDField(unique=True, editable=False)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="field_records")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="field_records")
    actor = models.ForeignKey(User, models.PROTECT, related_name="facts", verbose_name="当事人")
    typed_by = models.ForeignKey(User, models.PROTECT, related_name="typed_facts", verbose_name="录入人")
    happened_on = models.DateField("发生日")
    captured_at = models.DateTimeField("填写时间")
    received_at = models.DateTimeField("收到时间", db_default=Now(), editable=False)
    form_version = models.PositiveSmallIntegerField(default=1)
    digest = models.CharField(max_length=64)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    accuracy_m = models.FloatField("定位精度（米）", null=True)
    outside_town = models.BooleanField("定位不在本镇", default=False)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")
    reason = models.CharField("更正原因", max_length=200, blank=True)

    objects = FieldScopedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["actor", "happened_on"], name="record_by_actor"),
            models.Index(fields=["grid", "happened_on"], name="record_by_grid"),
            models.Index(fields=["household"], name="record_by_household"),
        ]
        constraints = [
            position_whole("record_position_whole"),
            models.CheckConstraint(
                condition=~Q(kind="withdrawal") | Q(corrects__isnull=False),
                name="withdrawal_of_something",
            ),
            models.CheckConstraint(
                condition=Q(corrects=None) | ~Q(reason=""),
                name="correction_has_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.uuid}"

    @property
    def is_late_entry(self):
        """补录: typed after the end of the day after it happened (DOMAIN)."""
        return timezone.localdate(self.captured_at) > self.happened_on + timedelta(days=1)

    @property
    def is_late_arrival(self):
        """迟传: typed in time, received after the end of the day after it happened."""
        arrived_late = timezone.localdate(self.received_at) > self.happened_on + timedelta(days=1)
        return arrived_late and not self.is_late_entry

    @property
    def is_typed_for_another(self):
        return self.actor_id != self.typed_by_id

    @property
    def clock_is_off(self):
        """The phone's clock ran more than ten minutes ahead of the server's."""
        return self.captured_at > self.received_at + CLOCK_SKEW


class CurrentFactQuerySet(models.QuerySet):
    """Facts whose record was not corrected or withdrawn. `superseded_by` is the snapshot of the record log."""

    def current(self):
        return self.filter(superseded_by=None)

    def as_of(self, moment):
        """Facts as they were known at the moment: received by then and not yet superseded by then."""
        return self.filter(
            Q(superseded_by=None) | Q(superseded_by__received_at__gte=moment),
            record__received_at__lt=moment,
        )


class VisitQuerySet(HouseholdScopedQuerySet, CurrentFactQuerySet):
    def with_names_of_met(self):
        """Bring along whom each visit met, by name alone, in one query."""
        met = VisitMet.objects.select_related("resident").only("visit_id", "resident__name").order_by("pk")
        return self.prefetch_related(models.Prefetch("met", met))


class HouseholdVisit(models.Model):
    """A knock on a door (走访) and what came of it. `grid` is the household's grid of that day: figures go by it."""

    class Mode(models.TextChoices):
        HOME = "home", "上门"
        PHONE = "phone", "电话"
        WECHAT = "wechat", "微信"
        NEIGHBOUR = "neighbour", "邻里代访"

    class Outcome(models.TextChoices):
        MET = "met", "见到了"
        NOT_HOME = "not_home", "家里没人"
        REFUSED = "refused", "不愿见"
        NOT_NEEDED = "not_needed", "不用走访"

    class Purpose(models.TextChoices):
        ROUTINE = "routine", "日常走访"
        CARE = "care", "重点人群"
        POLICY = "policy", "政策宣传"
        DISPUTE = "dispute", "矛盾纠纷"
        SAFETY = "safety", "安全隐患"
        CIVILITY = "civility", "文明创建"
        HEALTH = "health", "健康随访"

    # After 家里没人 the household comes back to the list this many days later (DOMAIN).
    RETURN_DAYS = 3

    record = models.OneToOneField(FieldRecord, models.PROTECT, primary_key=True, related_name="visit")
    household = models.ForeignKey(Household, models.PROTECT, related_name="visits")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="visits")
    visitor = models.ForeignKey(User, models.PROTECT, related_name="visits", verbose_name="走访人")
    visited_on = models.DateField("走访日期")
    mode = models.CharField("方式", max_length=10, choices=Mode, default=Mode.HOME)
    outcome = models.CharField("结果", max_length=12, choices=Outcome, default=Outcome.MET)
    purposes = ArrayField(
        models.CharField(max_length=10, choices=Purpose),
        verbose_name="走访内容",
        default=list,
    )
    note = models.TextField("情况记录", max_length=2000, blank=True)
    superseded_by = models.ForeignKey(FieldRecord, models.PROTECT, null=True, related_name="+")

    objects = VisitQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["household", "visited_on"], name="visit_by_household"),
            # With what a count of a month needs, so that it reads no rows.
            models.Index(
                fields=["grid", "visited_on"], include=["record", "superseded_by"], name="visit_by_grid"
            ),
            models.Index(fields=["visitor", "visited_on"], name="visit_by_visitor"),
            models.Index(fields=["-visited_on", "-record"], name="visit_latest"),
        ]

    def __str__(self):
        return f"{self.visited_on} {self.household_id}"

    def get_absolute_url(self):
        return reverse("visit", args=[self.record.uuid])

    @property
    def outcome_words(self):
        """What came of it; somebody on the telephone was reached, not seen."""
        reached = self.outcome == self.Outcome.MET and self.mode != self.Mode.HOME
        return "联系上了" if reached else self.get_outcome_display()


class VisitMet(models.Model):
    """One resident met (or spoken to) at a visit; `visited_on` and `in_person` repeat the visit for the index."""

    visit = models.ForeignKey(HouseholdVisit, models.PROTECT, related_name="met")
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="met_at")
    visited_on = models.DateField()
    in_person = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["resident", "visited_on"], name="met_by_resident")]
        constraints = [models.UniqueConstraint(fields=["visit", "resident"], name="met_once_a_visit")]

    def __str__(self):
        return f"{self.resident_id} on {self.visited_on}"


class ConcernQuerySet(FieldScopedQuerySet, CurrentFactQuerySet):
    def open(self):
        """诉求 that somebody still has to answer."""
        return self.filter(state=Concern.State.WATCHING)


class Concern(models.Model):
    """One thing heard (诉求), a row of the 民情台账: 操心事、烦心事、揪心事, and what became of it."""

    class Theme(models.TextChoices):
        WATER = "water", "吃水用水"
        POWER = "power", "供电"
        ROAD = "road", "道路出行"
        ENVIRONMENT = "environment", "环境卫生"
        DISPUTE = "dispute", "邻里纠纷"
        HOUSING = "housing", "房屋安全"
        HEATING = "heating", "取暖用煤"
        HEALTH = "health", "看病养老"
        CHILDREN = "children", "孩子上学"
        ALLOWANCE = "allowance", "救助补贴"
        POLICY = "policy", "政策咨询"
        OTHER = "other", "其他"

    class State(models.TextChoices):
        SETTLED = "settled", "当场解决"
        PASSED_ON = "passed_on", "转事件"
        WATCHING = "watching", "持续关注"
        ANSWERED = "answered", "已答复"

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    record = models.ForeignKey(FieldRecord, models.PROTECT, related_name="concerns")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="concerns")
    household = models.ForeignKey(Household, models.PROTECT, null=True, blank=True, related_name="concerns")
    heard_by = models.ForeignKey(User, models.PROTECT, related_name="concerns_heard", verbose_name="听取人")
    heard_on = models.DateField("听到日期")
    theme = models.CharField("主题", max_length=12, choices=Theme)
    words = models.TextField("说了什么", max_length=1000)
    state = models.CharField("状态", max_length=10, choices=State, default=State.WATCHING)
    answer = models.TextField("答复", max_length=1000, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    superseded_by = models.ForeignKey(FieldRecord, models.PROTECT, null=True, related_name="+")

    objects = ConcernQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["grid", "heard_on"], name="concern_by_grid"),
            models.Index(fields=["household", "heard_on"], name="concern_by_household"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="concern_answered_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(answered_at__isnull=False),
                name="concern_answered_has_time",
            ),
        ]

    def __str__(self):
        return self.words[:20]

    def get_absolute_url(self):
        return reverse("concern", args=[self.uuid])


def private_storage():
    return storages["default"]


class Photo(models.Model):
    """A picture of a field record, re-encoded without EXIF; served by a view that asks for the record's scope."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    record = models.ForeignKey(FieldRecord, models.PROTECT, related_name="photos")
    file = models.ImageField(storage=private_storage, width_field="width", height_field="height")
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    added_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return str(self.uuid)


class FieldConflict(models.Model):
    """A second, different content under a uuid that is already a fact: kept sealed for a person to look at (409)."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    record = models.ForeignKey(FieldRecord, models.PROTECT, related_name="conflicts")
    typed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    received_at = models.DateTimeField(auto_now_add=True)
    digest = models.CharField(max_length=64)
    content_sealed = models.TextField(editable=False)
    saved_as = models.ForeignKey(FieldRecord, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "digest"], name="conflict_once_a_content")]

    def __str__(self):
        return f"conflict of {self.record_id}"
