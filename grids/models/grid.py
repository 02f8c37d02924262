"""The net: town → village or community → grid → micro-grid, in one table whose code is the tree."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils import timezone

from grids import access
from grids.querysets import TownScopedQuerySet


class Tier(models.IntegerChoices):
    """The tiers of the net; the value is the number of digits of the tier's codes."""

    TOWN = 9, "镇"
    AREA = 12, "村/社区"
    GRID = 15, "网格"
    MICRO = 17, "微网格"


class GridQuerySet(models.QuerySet):
    """Places. A subtree is a prefix of the code."""

    def visible_to(self, user, permission):
        return self.filter(pk__in=access.scope(user, permission))

    def open_on(self, day):
        """Places that exist on the day."""
        return self.filter(Q(retired_on=None) | Q(retired_on__gt=day), opened_on__lte=day)

    def open(self):
        return self.open_on(timezone.localdate())

    def under(self, code):
        """The place with this code and everything below it."""
        return self.filter(code__startswith=code)

    def tier(self, tier):
        return self.filter(tier=tier)


class Grid(models.Model):
    """One place of the net. Codes are never reused; a place is opened and retired on dates, never deleted.

    The 9- and 12-digit codes are the national statistical codes; grids add 3 digits, micro-grids 2 more.
    `boundary` is a GeoJSON Polygon in WGS-84 (lon, lat), optional; `boundary_is_sample` marks a drawn example.
    """

    class Kind(models.TextChoices):
        TOWN = "town", "镇"
        VILLAGE = "village", "村"
        COMMUNITY = "community", "社区"
        BASIC = "basic", "基础网格"
        DEDICATED = "dedicated", "专属网格"
        MICRO = "micro", "微网格"

    code = models.CharField("编码", max_length=17, unique=True)
    tier = models.PositiveSmallIntegerField("层级", choices=Tier)
    kind = models.CharField("类型", max_length=12, choices=Kind)
    name = models.CharField("名称", max_length=60)
    official_name = models.CharField("全称", max_length=120, blank=True)
    area_words = models.CharField("范围", max_length=200, blank=True)
    services = models.CharField("服务内容", max_length=300, blank=True)
    duty_phone = models.CharField("值班电话", max_length=20, blank=True)
    opened_on = models.DateField("启用日")
    retired_on = models.DateField("停用日", null=True, blank=True)
    boundary = models.JSONField("边界", null=True, blank=True)
    boundary_is_sample = models.BooleanField("示例边界", default=False)
    opening_plan = models.ForeignKey(
        "grids.Regridding", models.PROTECT, null=True, editable=False, related_name="opens"
    )
    ending_plan = models.ForeignKey(
        "grids.Regridding", models.PROTECT, null=True, editable=False, related_name="ends"
    )

    objects = GridQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["code"],
                name="grid_code_prefix",
                opclasses=["varchar_pattern_ops"],
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9]+$"), name="grid_code_digits"),
            models.CheckConstraint(
                condition=Q(tier=Length("code"), tier__in=[9, 12, 15, 17]),
                name="grid_code_fits_tier",
                violation_error_message="编码位数与层级不符。",
            ),
            models.CheckConstraint(
                condition=Q(tier=9, kind="town")
                | Q(tier=12, kind__in=["village", "community"])
                | Q(tier=15, kind__in=["basic", "dedicated"])
                | Q(tier=17, kind="micro"),
                name="grid_kind_fits_tier",
                violation_error_message="类型与层级不符。",
            ),
            models.CheckConstraint(
                # Both on one day: planned, and taken back before it came into force.
                condition=Q(retired_on=None)
                | Q(retired_on__gt=F("opened_on"))
                | Q(retired_on=F("opened_on"), opening_plan__isnull=False),
                name="grid_retires_after_opening",
                violation_error_message="停用日须晚于启用日。",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("net_grid", args=[self.code])

    @property
    def town_code(self):
        return self.code[:9]

    @property
    def area_code(self):
        """The village or community, or the town's own code for the town."""
        return self.code[:12]

    @property
    def parent_code(self):
        """The code of the place above; "" for a town."""
        tiers = sorted(Tier.values)
        position = tiers.index(self.tier)
        return self.code[: tiers[position - 1]] if position else ""

    def is_open_on(self, day):
        return self.opened_on <= day and (self.retired_on is None or day < self.retired_on)

    @property
    def is_open(self):
        return self.is_open_on(timezone.localdate())

    @property
    def never_opened(self):
        """Whether it was only ever planned; its code stays taken all the same."""
        return self.retired_on == self.opened_on

    @property
    def pending_plan(self):
        """The plan that may still be cancelled, the one that ends the place before the one that opens it."""
        plans = (self.ending_plan, self.opening_plan)
        return next((plan for plan in plans if plan and plan.is_pending), None)


class Regridding(models.Model):
    """A decision to split, merge or retire places from a date on, with what undoing it needs to know.

    Its places name it (`opens`, `ends`). `terms` holds ends as ISO dates or null by term id: `ended` as they were
    before the decision, `carried` as it made them.
    """

    class Kind(models.TextChoices):
        SPLIT = "split", "拆分"
        MERGE = "merge", "合并"
        RETIRE = "retire", "停用"

    kind = models.CharField("做法", max_length=8, choices=Kind)
    effective_on = models.DateField("生效日")
    terms = models.JSONField(default=dict, editable=False)
    decided_by = models.ForeignKey("grids.User", models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)
    cancelled_by = models.ForeignKey("grids.User", models.PROTECT, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="regridding_cancelled_by_someone",
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.effective_on:%Y-%m-%d}"

    @property
    def is_pending(self):
        return self.cancelled_at is None and self.effective_on > timezone.localdate()


class GridSuccession(models.Model):
    """A retired place and one that took over from it, from a date on; a split has several rows, so has a merge.

    The one that `takes_newcomers` receives the households nobody divided: those entered after the plan was made.
    """

    old = models.ForeignKey(Grid, models.PROTECT, related_name="successions")
    new = models.ForeignKey(Grid, models.PROTECT, related_name="predecessions")
    effective_on = models.DateField("生效日")
    takes_newcomers = models.BooleanField("接收未划分的户", default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["old", "new"], name="succession_once"),
            models.UniqueConstraint(
                fields=["old"], condition=Q(takes_newcomers=True), name="one_successor_takes_newcomers"
            ),
            models.CheckConstraint(condition=~Q(old=F("new")), name="succession_of_another"),
        ]

    def __str__(self):
        return f"{self.old_id} → {self.new_id}"


class TownProfile(models.Model):
    """How a town names itself on pages and prints; one row a town (names are settings, DOMAIN)."""

    town = models.OneToOneField(Grid, models.PROTECT, related_name="profile")
    office_name = models.CharField("网格办名称", max_length=60, default="镇网格办")
    formal_office_name = models.CharField("正式名称", max_length=60, default="综治中心")
    upstream_name = models.CharField("上级", max_length=60, default="市直部门")
    duty_phone = models.CharField("值班电话", max_length=20, blank=True)

    objects = TownScopedQuerySet.as_manager()

    def __str__(self):
        return self.office_name


class Feedback(models.Model):
    """A user's word about the system itself, from the link on every page."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    town = models.ForeignKey(Grid, models.PROTECT, related_name="feedback")
    by = models.ForeignKey("grids.User", models.PROTECT, related_name="feedback")
    page = models.CharField("页面", max_length=200, blank=True)
    words = models.TextField("意见", max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)
    answer = models.TextField("答复", max_length=2000, blank=True)
    answered_by = models.ForeignKey("grids.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="feedback_answered_by_someone",
            )
        ]

    def __str__(self):
        return self.words[:20]
