"""The audit log: who did what to which object. Append-only and chained by triggers (migration 0002)."""

from datetime import datetime, time, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from grids import access
from grids.models.grid import Grid
from grids.models.people import User
from grids.querysets import GridScopedQuerySet


class AuditQuerySet(GridScopedQuerySet):
    def visible_to(self, user, permission):
        """Entries of the grids in scope, and those of no place (a failed login of nobody we know)."""
        grid_ids = access.scope(user, permission)
        if not grid_ids:
            return self.none()
        return self.filter(Q(grid_id__in=grid_ids) | Q(grid_id=None))

    def in_period(self, start, last_day):
        """Entries from the first to the last local day, either of them open when None."""
        entries = self
        if start:
            entries = entries.filter(at__gte=_midnight(start))
        if last_day:
            entries = entries.filter(at__lt=_midnight(last_day + timedelta(days=1)))
        return entries


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time.min))


class AuditEntry(models.Model):
    """One audited deed. The database assigns `id` without gaps and `digest` over the row and the previous digest.

    `changes` maps field names to [old, new], personal values masked before they get here.
    """

    class Action(models.TextChoices):
        LOGIN = "login", "登录"
        LOGIN_BLOCKED = "login_blocked", "登录受限"
        UNLOCK = "unlock", "解除登录限制"
        CODE = "code", "发放登录码"
        PASSWORD = "password", "修改密码"
        ACCOUNT = "account", "账号变动"
        ASSIGNMENT = "assignment", "任职变动"
        UNIT = "unit", "承办单位变动"
        HANDOVER = "handover", "办理交接"
        NET = "net", "网格变动"
        REGRID = "regrid", "网格拆并"
        HOUSEHOLD = "household", "户信息变动"
        RESIDENT = "resident", "人员信息变动"
        CALL = "call", "拨打电话"
        REVEAL = "reveal", "查看号码"
        EXPORT = "export", "导出"
        LATE_ENTRY = "late_entry", "补录"
        PROXY_ENTRY = "proxy_entry", "代录"
        CORRECTION = "correction", "更正与撤销"
        CONFLICT = "conflict", "重复提交冲突"
        SETTING = "setting", "设置变动"
        AUDIT = "audit", "审计抽查"

    id = models.BigIntegerField(primary_key=True, db_default=0, editable=False)
    at = models.DateTimeField("时间", db_default=Now())
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="audited", verbose_name="操作人")
    action = models.CharField("动作", max_length=16, choices=Action)
    grid = models.ForeignKey(Grid, models.PROTECT, null=True, related_name="+", verbose_name="网格")
    object_type = models.CharField(max_length=30, blank=True)
    object_key = models.CharField(max_length=40, blank=True)
    object_label = models.CharField("对象", max_length=120, blank=True)
    changes = models.JSONField(default=dict)
    reason = models.CharField("原因", max_length=200, blank=True)
    digest = models.CharField(max_length=64, db_default="", editable=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["by", "-at"], name="audit_by_person"),
            models.Index(fields=["object_type", "object_key"], name="audit_by_object"),
            models.Index(fields=["-at"], name="audit_latest"),
        ]

    def __str__(self):
        return f"{self.action} {self.object_label}"
