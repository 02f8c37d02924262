"""Users, their dated assignments, units, one-time codes and the throttle of failed logins."""

from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from grids import access
from grids.models.grid import Grid
from grids.names import search_index
from grids.querysets import GridScopedQuerySet, PeriodQuerySet, TownScopedQuerySet
from grids.scoped import Dated, one_at_a_time, period_in_order


class UserQuerySet(models.QuerySet):
    def visible_to(self, user, permission):
        """People of the towns in scope, and people who hold or held something in the grids in scope."""
        grid_ids = access.scope(user, permission)
        holders = GridAssignment.objects.filter(grid_id__in=grid_ids).values("user_id")
        return self.filter(Q(town_id__in=grid_ids) | Q(pk__in=holders))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, phone, name, *, town, password=None, **fields):
        """A person who can log in; without a password only through a one-time code."""
        user = self.model(phone=phone, name=name, town=town, name_index=search_index(name), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who works with the system. The phone is the login, plain and unique; the person outlives a change of it.

    What they may do comes only from their assignments (grids.access).
    """

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    phone = models.CharField(
        "手机号",
        max_length=11,
        unique=True,
        error_messages={"unique": "这个手机号已有人使用。"},
    )
    name = models.CharField("姓名", max_length=40)
    name_index = models.CharField(max_length=600, blank=True, editable=False)
    town = models.ForeignKey(Grid, models.PROTECT, related_name="users", verbose_name="所属镇")
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("首次登录须改密码", default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "phone"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(phone__regex=r"^1[0-9]{10}$"),
                name="user_phone_is_mobile",
                violation_error_message="请填写 11 位手机号。",
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("staff_person", args=[self.uuid])


class AssignmentQuerySet(GridScopedQuerySet, PeriodQuerySet):
    pass


class GridAssignment(Dated):
    """A term of office (任职): a user holds a role at a place for a period.

    A stand-in (代管) names whose term it covers.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="assignments", verbose_name="人员")
    role = models.CharField("角色", max_length=20, choices=access.Role)
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="assignments", verbose_name="任职范围")
    stand_in_for = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stand_ins",
        verbose_name="代管",
    )
    note = models.CharField("备注", max_length=200, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["grid", "role"], name="assignment_by_grid")]
        constraints = [
            period_in_order("assignment_period_in_order"),
            one_at_a_time(
                "assignment_once_at_a_time",
                "user_id",
                "grid_id",
                text=["role"],
                message="此人在这段时间内已担任这里的同一角色。",
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()} {self.user_id} @ {self.grid_id}"


class Unit(models.Model):
    """An organisation that handles matters (承办单位): a water station, a health centre, a county department."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    town = models.ForeignKey(Grid, models.PROTECT, related_name="units")
    name = models.CharField("单位名称", max_length=60)
    phone = models.CharField("联系电话", max_length=20, blank=True)
    retired_on = models.DateField("停用日", null=True, blank=True)

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["town", "name"], name="unit_name_once_a_town")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("staff_unit", args=[self.uuid])


class UnitMembershipQuerySet(PeriodQuerySet):
    def visible_to(self, user, permission):
        return self.filter(unit__town__code__in=access.access_of(user).town_codes(permission))


class UnitMembership(Dated):
    """A user acts for a unit during a period."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships")

    objects = UnitMembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            period_in_order("membership_period_in_order"),
            one_at_a_time("membership_once_at_a_time", "user_id", "unit_id"),
        ]

    def __str__(self):
        return f"{self.user_id} @ {self.unit_id}"


class OneTimeCode(models.Model):
    """A login code that an admin prints or reads out; valid 15 minutes, once; only its hash is kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="codes")
    code_hash = models.CharField(max_length=64)
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="code_expires_later"),
            models.UniqueConstraint(fields=["user"], condition=Q(used_at=None), name="one_open_code_a_user"),
        ]

    def __str__(self):
        return f"code of {self.user_id}"


class LoginThrottle(models.Model):
    """Failed logins counted per account or per address; the next try is refused until `blocked_until`."""

    class Kind(models.TextChoices):
        ACCOUNT = "account", "账号"
        ADDRESS = "address", "地址"

    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=64)
    failures = models.PositiveIntegerField(default=0)
    last_failed_at = models.DateTimeField(null=True)
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="throttle_once_a_key")]

    def __str__(self):
        return f"{self.kind} {self.key}"
