"""Questionnaires and their versions. A published version never changes, and answers name the one they were given to."""

import secrets
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.urls import reverse

from grids.models import Grid, User
from grids.querysets import TownScopedQuerySet
from surveys import schema as schemas


def preview_token():
    """What opens a draft's preview to whom the link is given."""
    return secrets.token_urlsafe(16)


class Questionnaire(models.Model):
    """A set of questions of a town through all its versions."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    town = models.ForeignKey(Grid, models.PROTECT, related_name="questionnaires")
    title = models.CharField("名称", max_length=60)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_on = models.DateField("停用日", null=True, blank=True)

    objects = TownScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["town", "title"],
                name="questionnaire_title_once",
                violation_error_message="已有同名的问卷。",
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("questionnaire", args=[self.uuid])


class VersionQuerySet(models.QuerySet):
    def visible_to(self, user, permission):
        return self.filter(questionnaire__in=Questionnaire.objects.visible_to(user, permission))

    def published(self):
        return self.exclude(published_at=None)


class Version(models.Model):
    """One wording of a questionnaire. `schema` is what surveys.schema reads; a trigger keeps a published one as it is.

    `edits` counts the saves of a draft, so that two editors do not overwrite each other.
    """

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField("版本")
    schema = models.JSONField(default=dict)
    edits = models.PositiveIntegerField(default=0)
    preview_token = models.CharField(max_length=32, default=preview_token, unique=True)
    published_at = models.DateTimeField("发布时间", null=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    digest = models.CharField(max_length=64, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["questionnaire"], condition=Q(published_at=None), name="one_draft_a_questionnaire"
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None, digest="")
                | Q(published_at__isnull=False, published_by__isnull=False) & ~Q(digest=""),
                name="version_published_by_someone",
            ),
        ]

    def __str__(self):
        return f"{self.questionnaire_id} 第 {self.number} 版"

    @property
    def is_draft(self):
        return self.published_at is None

    @property
    def is_current(self):
        """Whether rounds may ask it."""
        return not self.is_draft and self.questionnaire.retired_on is None


# Read once a process: what is published never changes.
_READ = {}


def schema_of(version):
    """The questions of a version, as surveys.schema knows them."""
    if version.is_draft:
        return schemas.parse(version.schema)
    if version.digest not in _READ:
        _READ[version.digest] = schemas.parse(version.schema)
    return _READ[version.digest]
