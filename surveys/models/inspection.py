"""Site inspections (实地考察): checklists by kind of place, the places, the walks, what each item was found to be."""

from calendar import monthrange
from datetime import date
from uuid import uuid4

from django.db import models
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from grids import access
from grids.models import FieldRecord, Grid, User
from grids.models.fieldwork import CurrentFactQuerySet
from grids.querysets import GridScopedQuerySet, TownScopedQuerySet
from grids.scoped import position_whole

# A site that failed so many inspections in so many months is 老大难 (DOMAIN).
STUBBORN_FAILURES = 3
STUBBORN_MONTHS = 6


def months_before(day, months):
    """The same day of the month so many months earlier, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class ChecklistQuerySet(TownScopedQuerySet):
    def in_use(self):
        return self.filter(retired_on=None)


class Checklist(models.Model):
    """A kind of place (庭院, 背街小巷, …) and through its items what is looked at there; edited by the town."""

    town = models.ForeignKey(Grid, models.PROTECT, related_name="checklists")
    name = models.CharField("地点类型", max_length=20)
    position = models.PositiveSmallIntegerField("排序", default=0)
    retired_on = models.DateField("停用日", null=True, blank=True)

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["town", "name"],
                name="checklist_once",
                violation_error_message="已有同名的地点类型。",
            )
        ]

    def __str__(self):
        return self.name


class ChecklistItemQuerySet(models.QuerySet):
    def visible_to(self, user, permission):
        """Items of the towns in which any part is covered."""
        codes = access.access_of(user).town_codes(permission)
        return self.filter(checklist__town__code__in=codes)

    def in_use(self):
        return self.filter(retired_on=None)


class ChecklistItem(models.Model):
    """One thing to look at: its name, what 合格 means, and the sub-category of the case that a failure becomes."""

    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="items")
    name = models.CharField("检查项", max_length=20)
    standard = models.CharField("合格的样子", max_length=100, blank=True)
    category_code = models.CharField("转事件时的小类", max_length=4, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)
    retired_on = models.DateField("停用日", null=True, blank=True)

    objects = ChecklistItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checklist", "name"],
                name="checklist_item_once",
                violation_error_message="这张检查表里已有同名的检查项。",
            )
        ]

    def __str__(self):
        return self.name


class SiteQuerySet(GridScopedQuerySet):
    """Sites by the office's words."""

    def in_use(self):
        return self.filter(retired_on=None)

    def with_last(self):
        """Annotates the newest inspection that stands: `last_on`, `last_failed` (items) and `last_uuid`."""
        newest = Inspection.objects.current().filter(site=OuterRef("pk")).newest_first()
        return self.annotate(
            last_on=Subquery(newest.values("inspected_on")[:1]),
            last_failed=Subquery(newest.values("failed")[:1]),
            last_uuid=Subquery(newest.values("record__uuid")[:1]),
        )

    def with_failures(self, day=None):
        """Annotates `failures` (failed inspections, rechecks too, of the six months to the day) and `failed_on`."""
        counted = Inspection.objects.current().failing_until(day or timezone.localdate())
        counted = counted.filter(site=OuterRef("pk")).order_by().values("site")
        return self.annotate(
            failures=Coalesce(Subquery(counted.annotate(n=Count("pk")).values("n")), 0),
            failed_on=Subquery(counted.annotate(last=Max("inspected_on")).values("last")),
        )

    def stubborn(self, day=None):
        """老大难: sites in use that failed three inspections in the six months to the day (default today)."""
        return self.in_use().with_failures(day).filter(failures__gte=STUBBORN_FAILURES)

    def unseen_on(self, day):
        """Those that were not yet seen on the day. Needs `with_last`."""
        return self.filter(Q(last_on=None) | Q(last_on__lt=day))

    def to_walk(self):
        """In the order in which they are next: never seen first, then those seen longest ago. Needs `with_last`."""
        return self.order_by(F("last_on").asc(nulls_first=True), "name", "pk")


class Site(models.Model):
    """A place that inspectors come back to. `grid` is the grid it lies in; a regridding's successor holds it, too."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="sites", verbose_name="网格")
    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="sites", verbose_name="地点类型")
    name = models.CharField("名称", max_length=40)
    place = models.CharField("位置", max_length=120, blank=True)
    longitude = models.FloatField("经度", null=True, blank=True)
    latitude = models.FloatField("纬度", null=True, blank=True)
    retired_on = models.DateField("停用日", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = SiteQuerySet.as_manager()

    class Meta:
        constraints = [
            position_whole("site_position_whole"),
            models.UniqueConstraint(
                fields=["grid", "name"],
                name="site_once_a_grid",
                violation_error_message="这个网格里已有同名的地点。",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("site", args=[self.uuid])


class InspectionQuerySet(GridScopedQuerySet, CurrentFactQuerySet):
    def newest_first(self):
        return self.order_by("-inspected_on", "-record")

    def failing_until(self, day):
        """Those with a failed item in the six months that end with the day."""
        return self.filter(
            failed__gt=0, inspected_on__gt=months_before(day, STUBBORN_MONTHS), inspected_on__lte=day
        )


class Inspection(models.Model):
    """One look at a site. `follows` names the failed inspection that a recheck (复查) looked at again.

    `passed` and `failed` count its results, which are written with it and never change.
    """

    record = models.OneToOneField(FieldRecord, models.PROTECT, primary_key=True, related_name="inspection")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="inspections")
    site = models.ForeignKey(Site, models.PROTECT, related_name="inspections")
    inspector = models.ForeignKey(User, models.PROTECT, related_name="inspections", verbose_name="考察人")
    inspected_on = models.DateField("考察日期")
    note = models.TextField("考察记录", max_length=1000, blank=True)
    follows = models.ForeignKey("self", models.PROTECT, null=True, related_name="rechecks")
    passed = models.PositiveSmallIntegerField("合格项")
    failed = models.PositiveSmallIntegerField("不合格项")
    superseded_by = models.ForeignKey(FieldRecord, models.PROTECT, null=True, related_name="+")

    objects = InspectionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["site", "-inspected_on", "-record"], name="inspection_by_site"),
            models.Index(fields=["grid", "inspected_on"], name="inspection_by_grid"),
        ]

    def __str__(self):
        return f"{self.inspected_on} {self.site_id}"

    def get_absolute_url(self):
        return reverse("inspection", args=[self.record.uuid])

    @property
    def is_recheck(self):
        return self.follows_id is not None


class InspectionResultQuerySet(GridScopedQuerySet):
    def current(self):
        """Results of inspections that stand."""
        return self.filter(inspection__superseded_by=None)

    def first_looks(self):
        """Without rechecks: those look at failed items alone and would bend the rate."""
        return self.filter(inspection__follows=None)

    def counted(self):
        """Those in the denominator of 合格率: 不涉及 is in neither part."""
        return self.filter(state__in=[InspectionResult.State.PASS, InspectionResult.State.FAIL])


class InspectionResult(models.Model):
    """What one item was found to be. `grid` repeats the inspection's, for the scope; photos hang on the record."""

    class State(models.TextChoices):
        PASS = "pass", "合格"
        FAIL = "fail", "不合格"
        ABSENT = "absent", "不涉及"

    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="results")
    item = models.ForeignKey(ChecklistItem, models.PROTECT, related_name="results", verbose_name="检查项")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="inspection_results")
    state = models.CharField("结果", max_length=6, choices=State)
    note = models.CharField("情况", max_length=200, blank=True)

    objects = InspectionResultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inspection", "item"], name="item_once_an_inspection"),
            models.CheckConstraint(condition=Q(state__in=["pass", "fail", "absent"]), name="result_is_known"),
        ]

    def __str__(self):
        return f"{self.item_id} {self.state}"
