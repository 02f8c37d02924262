"""What the office decides about cases: categories with their limits, the tiles of the phone, the working calendar."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cases import deadlines
from cases.querysets import Moments
from grids.models import Concern, Grid
from grids.querysets import TownScopedQuerySet


class CaseCategoryQuerySet(TownScopedQuerySet):
    def subcategories(self):
        """Those a case may have: the second level."""
        return self.filter(parent__isnull=False)

    def in_use(self):
        """Those that the forms offer."""
        return self.filter(retired_on=None)


class CaseCategory(models.Model):
    """A class of cases in two levels (事件类别). A sub-category has a limit and conditions, all local and editable.

    `code` orders and survives a renaming: two digits for the first level, four for the second.
    """

    class LimitUnit(models.TextChoices):
        URGENT_HOURS = "urgent_hours", "紧急工作时"
        WORKING_HOURS = "working_hours", "工作时"
        WORKING_DAYS = "working_days", "工作日"

    town = models.ForeignKey(Grid, models.PROTECT, related_name="case_categories")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    code = models.CharField("代码", max_length=4)
    name = models.CharField("名称", max_length=30)
    filing_rule = models.CharField("立案条件", max_length=300, blank=True)
    closing_rule = models.CharField("结案条件", max_length=300, blank=True)
    limit_amount = models.PositiveSmallIntegerField("处置时限", null=True, blank=True)
    limit_unit = models.CharField("时限单位", max_length=14, choices=LimitUnit, blank=True)
    unit = models.ForeignKey(
        "grids.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="通常承办单位"
    )
    theme = models.CharField(
        "诉求主题",
        max_length=12,
        choices=Concern.Theme,
        blank=True,
        help_text="这个主题的诉求转成事件时归入这一小类。",
    )
    position = models.PositiveSmallIntegerField("排序", default=0)
    retired_on = models.DateField("停用日", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CaseCategoryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["town", "code"],
                name="case_category_code_once",
                violation_error_message="这个代码已被使用。",
            ),
            models.UniqueConstraint(
                fields=["town", "name"],
                name="case_category_name_once",
                violation_error_message="已有同名的类别。",
            ),
            models.CheckConstraint(
                # A class has no limit of its own, a sub-category always one, of at most a year.
                condition=Q(parent=None, limit_amount=None, limit_unit="")
                | Q(
                    parent__isnull=False,
                    limit_amount__isnull=False,
                    limit_amount__range=(1, 999),
                    limit_unit__in=[unit.value for unit in deadlines.LimitUnit],
                ),
                name="case_category_limit_of_second_level",
                violation_error_message="小类须有 1 至 999 的处置时限，大类没有时限。",
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="case_category_not_its_own_parent"),
            models.UniqueConstraint(
                fields=["town", "theme"],
                condition=~Q(theme=""),
                name="case_category_theme_once",
                violation_error_message="这个诉求主题已归入别的小类。",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def limit(self):
        """The limit as `deadlines` counts it."""
        return deadlines.Limit(self.limit_amount, deadlines.LimitUnit(self.limit_unit))

    @property
    def limit_words(self):
        return f"{self.limit_amount} 个{self.get_limit_unit_display()}"


class ReportTile(models.Model):
    """One of about twelve tiles that a report begins with, in the villagers' words, leading to a sub-category."""

    town = models.ForeignKey(Grid, models.PROTECT, related_name="report_tiles")
    name = models.CharField("说法", max_length=12)
    icon = models.CharField("图标", max_length=20, blank=True)
    category = models.ForeignKey(CaseCategory, models.PROTECT, related_name="tiles", verbose_name="对应类别")
    position = models.PositiveSmallIntegerField("排序", default=0)
    retired_on = models.DateField("停用日", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["town", "name"], name="report_tile_once", violation_error_message="已有同名的说法。"
            )
        ]

    def __str__(self):
        return self.name


class CalendarDay(models.Model):
    """A day that somebody entered as a working day or a day off; days without a row go by their weekday."""

    town = models.ForeignKey(Grid, models.PROTECT, related_name="calendar_days")
    day = models.DateField("日期")
    is_workday = models.BooleanField("上班")
    note = models.CharField("说明", max_length=30, blank=True)

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["town", "day"], name="calendar_day_once", violation_error_message="这一天已经登记。"
            )
        ]

    def __str__(self):
        return f"{self.day} {'上班' if self.is_workday else '休息'}"


class CaseRules(models.Model):
    """The town's own numbers for cases (local defaults, DOMAIN); one row a town."""

    town = models.OneToOneField(Grid, models.PROTECT, related_name="case_rules")
    morning_from = models.TimeField("上午上班", default=deadlines.HOURS[0][0])
    morning_until = models.TimeField("上午下班", default=deadlines.HOURS[0][1])
    afternoon_from = models.TimeField("下午上班", default=deadlines.HOURS[1][0])
    afternoon_until = models.TimeField("下午下班", default=deadlines.HOURS[1][1])
    accept_hours = models.PositiveSmallIntegerField("受理时限（工作时）", default=4)
    unchecked_days = models.PositiveSmallIntegerField("当场办结未确认自动结案（工作日）", default=3)
    spot_check_percent = models.PositiveSmallIntegerField("抽查比例（%）", default=10)
    reopen_days = models.PositiveSmallIntegerField("网格长可重办（天）", default=7)
    rating_days = models.PositiveSmallIntegerField("不满意回访（工作日）", default=2)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(morning_from__lt=F("morning_until"))
                & Q(morning_until__lte=F("afternoon_from"))
                & Q(afternoon_from__lt=F("afternoon_until")),
                name="case_rules_hours_in_order",
                violation_error_message="上下班时间须依次排列。",
            ),
            models.CheckConstraint(
                condition=Q(
                    accept_hours__range=(1, 200),
                    unchecked_days__range=(1, 60),
                    spot_check_percent__range=(1, 100),
                    reopen_days__range=(1, 90),
                    rating_days__range=(1, 60),
                ),
                name="case_rules_in_bounds",
                violation_error_message="数值超出范围。",
            ),
        ]

    def __str__(self):
        return "事件规则"

    def may_reopen(self, closed_at, now=None):
        """Whether a grid head may still take up again what was closed at the moment."""
        return (now or timezone.now()) <= closed_at + timedelta(days=self.reopen_days)

    @property
    def hours(self):
        return (
            (self.morning_from, self.morning_until),
            (self.afternoon_from, self.afternoon_until),
        )


def rules_of(town_id):
    """The town's rules, or the defaults where it has not said anything; one query."""
    return CaseRules.objects.filter(town_id=town_id).first() or CaseRules(town_id=town_id)


def calendar_of(town_id, *, since=None, until=None, rules=None):
    """The town's working time as `deadlines` counts it, on the local days from `since` to `until`, both included.

    One query, two without rules.
    """
    days = CalendarDay.objects.filter(town_id=town_id)
    if since:
        days = days.filter(day__gte=since)
    if until:
        days = days.filter(day__lte=until)
    return deadlines.WorkCalendar(
        zone=ZoneInfo(timezone.get_default_timezone_name()),
        days=dict(days.values_list("day", "is_workday")),
        hours=(rules or rules_of(town_id)).hours,
    )


def moments_of(town_id, now=None):
    """From when on a case is late, soon late, waits too long: the town's `Moments` of now. Two queries."""
    now = now or timezone.now()
    rules = rules_of(town_id)
    calendar = calendar_of(town_id, since=timezone.localdate(now - timedelta(days=60)), rules=rules)
    return Moments(
        now=now,
        accept_since=calendar.before(now, timedelta(hours=rules.accept_hours)),
        soon_until=calendar.close_of_next_day(now),
    )


class CaseCounter(models.Model):
    """The last case number of a town's day; taken as late as possible, since it makes reports take turns."""

    town = models.ForeignKey(Grid, models.PROTECT, related_name="case_counters")
    day = models.DateField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["town", "day"], name="case_counter_once_a_day")]

    def __str__(self):
        return f"{self.day} {self.last}"
