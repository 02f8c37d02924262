"""Sheets that were filled in by hand, as they are keyed."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from grids.models import User
from surveys.models.round import OfRoundQuerySet, Round


class PaperSheet(models.Model):
    """A sheet filled in by hand and keyed twice by two people; once both agree it becomes a response and forgets."""

    class State(models.TextChoices):
        ONCE = "once", "待复录"
        DIFFERS = "differs", "有差异"
        DONE = "done", "已入库"

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="sheets")
    number = models.CharField("纸面编号", max_length=12)
    first = models.JSONField(null=True)
    first_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    second = models.JSONField(null=True)
    second_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    state = models.CharField("状态", max_length=7, choices=State, default=State.ONCE)

    objects = OfRoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "number"],
                name="sheet_number_once",
                violation_error_message="这个编号已经录过。",
            ),
            models.CheckConstraint(
                condition=Q(second_by=None) | ~Q(second_by=F("first_by")),
                name="sheet_keyed_by_two",
                violation_error_message="复录要由另一个人来做。",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(first=None, second=None), name="sheet_done_forgets"
            ),
        ]

    def __str__(self):
        return self.number
