"""Walks of the responsibility field: what was looked at, and what was found."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.urls import reverse

from grids.models.fieldwork import Concern, CurrentFactQuerySet, FieldRecord
from grids.models.grid import Grid
from grids.models.people import User
from grids.querysets import GridScopedQuerySet, TownScopedQuerySet


class PatrolPoint(models.Model):
    """A thing to look at on patrol, edited by the town: fire exits, river banks, coal stoves."""

    town = models.ForeignKey(Grid, models.PROTECT, related_name="patrol_points")
    name = models.CharField("检查点", max_length=40)
    position = models.PositiveSmallIntegerField("排序", default=0)
    retired_on = models.DateField("停用日", null=True, blank=True)

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["town", "name"],
                name="patrol_point_once",
                violation_error_message="已有同名的检查点。",
            )
        ]

    def __str__(self):
        return self.name


class PatrolQuerySet(GridScopedQuerySet, CurrentFactQuerySet):
    pass


class Patrol(models.Model):
    """A walk of the responsibility field (巡查): the route in words, points looked at, findings."""

    record = models.OneToOneField(FieldRecord, models.PROTECT, primary_key=True, related_name="patrol")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="patrols")
    walker = models.ForeignKey(User, models.PROTECT, related_name="patrols", verbose_name="巡查人")
    walked_on = models.DateField("巡查日期")
    route = models.CharField("路线或范围", max_length=200)
    note = models.TextField("巡查记录", max_length=2000, blank=True)
    superseded_by = models.ForeignKey(FieldRecord, models.PROTECT, null=True, related_name="+")

    objects = PatrolQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["grid", "walked_on"], name="patrol_by_grid"),
            models.Index(fields=["walker", "walked_on"], name="patrol_by_walker"),
        ]

    def __str__(self):
        return f"{self.walked_on} {self.route}"

    def get_absolute_url(self):
        return reverse("patrol", args=[self.record.uuid])


class PatrolCheck(models.Model):
    """One point of one patrol: fine, something found, or not there."""

    class State(models.TextChoices):
        FINE = "fine", "正常"
        FOUND = "found", "有问题"
        ABSENT = "absent", "不涉及"

    patrol = models.ForeignKey(Patrol, models.PROTECT, related_name="checks")
    point = models.ForeignKey(PatrolPoint, models.PROTECT, related_name="checks")
    state = models.CharField(max_length=6, choices=State)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patrol", "point"], name="point_once_a_patrol")]

    def __str__(self):
        return f"{self.point_id} {self.state}"


class FindingQuerySet(GridScopedQuerySet, CurrentFactQuerySet):
    def open(self):
        return self.filter(state=Finding.State.OPEN)


class Finding(models.Model):
    """Something found on a patrol: in words, at a place in words; a case may grow from it by its uuid."""

    class State(models.TextChoices):
        SETTLED = "settled", "当场处理"
        OPEN = "open", "待处理"
        PASSED_ON = "passed_on", "转事件"

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    patrol = models.ForeignKey(Patrol, models.PROTECT, related_name="findings")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="findings")
    theme = models.CharField("主题", max_length=12, choices=Concern.Theme)
    place = models.CharField("地点", max_length=120)
    words = models.TextField("发现了什么", max_length=1000)
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    superseded_by = models.ForeignKey(FieldRecord, models.PROTECT, null=True, related_name="+")

    objects = FindingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["grid", "state"], name="finding_by_grid")]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="finding_settled_by_someone",
            )
        ]

    def __str__(self):
        return self.words[:20]
