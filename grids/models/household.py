"""Households, where they are placed, who lives in them, and why somebody is to be looked after."""

from uuid import uuid4

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from grids import access, names
from grids.crypto import Sealed
from grids.models.grid import Grid
from grids.models.people import User
from grids.querysets import (
    GridScopedQuerySet,
    HouseholdScopedQuerySet,
    PeriodQuerySet,
    ResidentScopedQuerySet,
    TownScopedQuerySet,
    households_in,
)
from grids.scoped import Dated, one_at_a_time, period_in_order, position_whole


class HouseholdQuerySet(models.QuerySet):
    def visible_to(self, user, permission):
        return self.filter(pk__in=households_in(access.scope(user, permission)))

    def placed_in(self, grid_ids):
        """Households that are in one of the grids today."""
        return self.filter(pk__in=households_in(grid_ids))

    def in_care(self, category):
        """Households with somebody who is in the care category today."""
        care = ResidentCare.objects.current().filter(category=category)
        return self.filter(pk__in=care.values("resident__household_id"))

    def by_absence(self, state):
        """ "away": somebody is away for a time; "home": nobody is; "empty": nobody who lives there is at home."""
        gone = Absence.objects.current().filter(resident__household=OuterRef("pk"))
        away = gone.exclude(reason__in=Absence.FOR_GOOD)
        if state == "home":
            return self.exclude(Exists(away))
        if state == "away":
            return self.filter(Exists(away))
        at_home = Resident.objects.filter(household=OuterRef("pk")).exclude(
            pk__in=Absence.objects.current().values("resident_id")
        )
        return self.filter(Exists(away), ~Exists(at_home))

    def with_head(self):
        """Annotate `head_name` (户主, else the eldest entered) and `grid_id`, `grid_name` of today."""
        residents = Resident.objects.filter(household=OuterRef("pk")).order_by("-is_head", "pk")
        placed = Placement.objects.current().filter(household=OuterRef("pk"))
        return self.annotate(
            head_name=Subquery(residents.values("name")[:1]),
            grid_id=Subquery(placed.values("grid_id")[:1]),
            grid_name=Subquery(placed.values("grid__name")[:1]),
        )


class Household(models.Model):
    """A door: the people who live behind one address. Which grid it is in is a dated `Placement`."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    address = models.CharField("住址", max_length=120)
    address_key = models.CharField(max_length=200, editable=False, db_index=True)
    note = models.CharField("备注", max_length=300, blank=True)
    longitude = models.FloatField("经度", null=True, blank=True)
    latitude = models.FloatField("纬度", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    # What `doors.household_at` read along with the row: the grid and the people of one day.
    door = None

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        constraints = [position_whole("household_position_whole")]

    def __str__(self):
        return self.address

    def get_absolute_url(self):
        return reverse("household", args=[self.uuid])


class PlacementQuerySet(GridScopedQuerySet, PeriodQuerySet):
    def visible_past_to(self, user, permission, **household):
        """Where the household that the user may see is and ever was, places of others included; it comes along."""
        seen = Household.objects.visible_to(user, permission).filter(**household)
        return self.filter(household__in=seen).select_related("household", "grid")


class Placement(Dated):
    """A household is in exactly one grid at a time; a regridding or a move ends one row and begins the next.

    `moved_from` is the place from which a regridding took the row, so that it can be put back while only planned.
    """

    household = models.ForeignKey(Household, models.PROTECT, related_name="placements")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="placements")
    moved_from = models.ForeignKey(Grid, models.PROTECT, null=True, editable=False, related_name="+")

    objects = PlacementQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["grid", "household"], name="placement_by_grid")]
        constraints = [
            period_in_order("placement_period_in_order"),
            one_at_a_time(
                "placement_one_grid",
                "household_id",
                message="同一户在同一时间只能属于一个网格。",
            ),
        ]

    def __str__(self):
        return f"{self.household_id} @ {self.grid_id}"


class ResidentQuerySet(HouseholdScopedQuerySet):
    def at_home(self, day):
        """Who is neither away nor gone for good on the day."""
        away = Absence.objects.filter(resident=OuterRef("pk")).on(day)
        return self.exclude(Exists(away))


class Resident(models.Model):
    """A person of a household. Phone and id number are sealed; hashes of the whole and of the last four find them."""

    class Sex(models.TextChoices):
        MALE = "m", "男"
        FEMALE = "f", "女"

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    household = models.ForeignKey(Household, models.PROTECT, related_name="residents")
    name = models.CharField("姓名", max_length=40)
    name_key = models.CharField(max_length=120, editable=False)
    name_index = models.CharField(max_length=600, editable=False)
    sex = models.CharField("性别", max_length=1, choices=Sex, blank=True)
    born_on = models.DateField("出生日期", null=True, blank=True)
    is_head = models.BooleanField("户主", default=False)
    relation = models.CharField("与户主关系", max_length=20, blank=True)
    phone_sealed = models.TextField(blank=True, editable=False)
    phone_hash = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    phone_tail_hash = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    id_number_sealed = models.TextField(blank=True, editable=False)
    id_number_hash = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    id_number_tail_hash = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    difficulties = models.TextField("困难及诉求", max_length=1000, blank=True)
    help_given = models.TextField("已提供的帮助", max_length=1000, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    phone = Sealed("resident.phone")
    id_number = Sealed("resident.id_number")

    objects = ResidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(is_head=True),
                name="one_head_a_household",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def masked_phone(self):
        return names.mask_phone(self.phone)

    @property
    def masked_id_number(self):
        return names.mask_id_number(self.id_number)

    def age_on(self, day):
        """Full years on the day, or None without a birth date."""
        if self.born_on is None:
            return None
        return day.year - self.born_on.year - ((day.month, day.day) < (self.born_on.month, self.born_on.day))

    @property
    def age(self):
        return self.age_on(timezone.localdate())


class ResidenceQuerySet(HouseholdScopedQuerySet, PeriodQuerySet):
    """Rows of a household: who once lived there is part of its history, whoever holds them today."""


class Residence(Dated):
    """A resident lives in exactly one household at a time; the open row's is `Resident.household`.

    Figures as of a day take the home from here. That the two agree is checked by the database (0007_residences).
    """

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="residences")
    household = models.ForeignKey(Household, models.PROTECT, related_name="residences")

    objects = ResidenceQuerySet.as_manager()

    class Meta:
        constraints = [
            period_in_order("residence_in_order"),
            one_at_a_time("residence_one_household", "resident_id", message="同一人在同一时间只能住在一户。"),
        ]

    def __str__(self):
        return f"{self.resident_id} @ {self.household_id}"


class Frequency(models.TextChoices):
    """How often somebody is to be seen, in local calendar periods."""

    WEEKLY = "weekly", "每周"
    MONTHLY = "monthly", "每月"
    QUARTERLY = "quarterly", "每季度"
    NONE = "none", "不定期"


class CareCategory(models.Model):
    """A kind of person to look after (重点人群), edited by the town; its frequency is dated (`CareFrequency`)."""

    town = models.ForeignKey(Grid, models.PROTECT, related_name="care_categories")
    key = models.CharField(max_length=30, editable=False)
    name = models.CharField("名称", max_length=20)
    position = models.PositiveSmallIntegerField("排序", default=0)
    retired_on = models.DateField("停用日", null=True, blank=True)

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["town", "key"], name="care_category_key_once"),
            models.UniqueConstraint(
                fields=["town", "name"],
                name="care_category_name_once",
                violation_error_message="已有同名的类别。",
            ),
        ]

    def __str__(self):
        return self.name


class CareFrequency(Dated):
    """The visit frequency of a category during a period, so that past months keep the rule they had."""

    category = models.ForeignKey(CareCategory, models.PROTECT, related_name="frequencies")
    frequency = models.CharField("走访频次", max_length=10, choices=Frequency)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            period_in_order("care_frequency_in_order"),
            one_at_a_time("care_frequency_one_at_a_time", "category_id"),
        ]

    def __str__(self):
        return f"{self.category_id} {self.frequency}"


class ResidentPeriodQuerySet(ResidentScopedQuerySet, PeriodQuerySet):
    pass


class ResidentCare(Dated):
    """A resident belongs to a care category during a period."""

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="care")
    category = models.ForeignKey(CareCategory, models.PROTECT, related_name="residents")
    note = models.CharField("说明", max_length=200, blank=True)
    noted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = ResidentPeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            period_in_order("resident_care_in_order"),
            one_at_a_time(
                "resident_care_once",
                "resident_id",
                "category_id",
                message="这段时间内已登记为同一类别。",
            ),
        ]

    def __str__(self):
        return f"{self.resident_id} {self.category_id}"


class Absence(Dated):
    """A resident is away; what is due pauses meanwhile and resumes by itself on `ends_on` (the return date)."""

    class Reason(models.TextChoices):
        WORK = "work", "外出务工"
        HOSPITAL = "hospital", "住院"
        MOVED = "moved", "迁出"
        DIED = "died", "去世"

    # They no longer live here; the others are expected back.
    FOR_GOOD = (Reason.MOVED, Reason.DIED)

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="absences")
    reason = models.CharField("原因", max_length=10, choices=Reason)
    noted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = ResidentPeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            period_in_order("absence_in_order"),
            one_at_a_time("absence_one_at_a_time", "resident_id", message="这段时间内已登记离开。"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | ~Q(reason="died"),
                name="the_dead_do_not_return",
            ),
        ]

    def __str__(self):
        return f"{self.resident_id} {self.reason}"


class Relative(models.Model):
    """A family member away from home whom one may ring (留守老人 record): relation, phone, workplace."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="relatives")
    name = models.CharField("姓名", max_length=40)
    relation = models.CharField("与本人关系", max_length=20)
    phone_sealed = models.TextField(blank=True, editable=False)
    workplace = models.CharField("务工地", max_length=80, blank=True)
    removed_on = models.DateField(null=True, editable=False)

    phone = Sealed("relative.phone")

    objects = ResidentScopedQuerySet.as_manager()

    def __str__(self):
        return self.name

    @property
    def masked_phone(self):
        return names.mask_phone(self.phone)


class Consent(models.Model):
    """A resident's word on what may be kept or told; withdrawn by a date, never deleted."""

    class Kind(models.TextChoices):
        RECORD = "record", "信息登记"
        HEALTH = "health", "健康信息"
        FAMILY = "family", "告知子女"

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="consents")
    kind = models.CharField("事项", max_length=10, choices=Kind)
    given_on = models.DateField("同意日期")
    withdrawn_on = models.DateField("撤回日期", null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = ResidentScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "kind"],
                condition=Q(withdrawn_on=None),
                name="one_open_consent_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | Q(withdrawn_on__gte=models.F("given_on")),
                name="consent_withdrawn_later",
                violation_error_message="撤回日期不能早于同意日期。",
            ),
        ]

    def __str__(self):
        return f"{self.resident_id} {self.kind}"
