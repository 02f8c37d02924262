"""Drafting and publishing questionnaires."""

from django.db import transaction
from django.utils import timezone

from grids import access
from grids.actions import audit
from grids.exceptions import DomainError, StaleVersion
from grids.models import AuditEntry
from surveys import schema as schemas
from surveys.models import Questionnaire, Version

P = access.Permission


@transaction.atomic
def create(*, town, by, title, schema):
    """A new questionnaire with its first draft."""
    access.require(by, P.RUN_SURVEY, town)
    if Questionnaire.objects.filter(town=town, title=title).exists():
        raise DomainError("已有同名的问卷。")
    questionnaire = Questionnaire.objects.create(town=town, title=title, created_by=by)
    Version.objects.create(questionnaire=questionnaire, number=1, schema=schema)
    return questionnaire


@transaction.atomic
def save_draft(*, version, by, schema, seen_edits):
    """Replace the draft's questions. Raises StaleVersion where somebody saved meanwhile, DomainError when published."""
    version = _locked(version, by)
    if not version.is_draft:
        raise DomainError("已发布的版本不能修改，请另开一版。")
    if version.edits != seen_edits:
        raise StaleVersion
    version.schema = schema
    version.edits += 1
    version.save(update_fields=["schema", "edits"])
    return version


@transaction.atomic
def new_version(*, questionnaire, by):
    """A draft that begins as the newest published version; the open draft where there is one."""
    access.require(by, P.RUN_SURVEY, questionnaire.town)
    questionnaire = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    newest = questionnaire.versions.order_by("-number").first()
    if newest.is_draft:
        return newest
    return Version.objects.create(questionnaire=questionnaire, number=newest.number + 1, schema=newest.schema)


@transaction.atomic
def publish(*, version, by, seen_edits):
    """Make the draft the version that rounds ask. It never changes again.

    Raises DomainError with what is wrong with the questions, or what changed its type since the version before.
    """
    version = _locked(version, by)
    if not version.is_draft:
        return version
    if version.edits != seen_edits:
        raise StaleVersion
    schema = schemas.parse(version.schema)
    problems = problems_of(version, schema)
    if problems:
        raise DomainError("；".join(f"{where}：{words}" if where else words for where, words in problems))
    version.published_at, version.published_by = timezone.now(), by
    version.digest = schemas.fingerprint(schema)
    version.save(update_fields=["published_at", "published_by", "digest"])
    audit.log(
        AuditEntry.Action.SETTING,
        by=by,
        grid=version.questionnaire.town,
        obj=version,
        label=f"发布问卷 {version.questionnaire.title} 第 {version.number} 版",
    )
    return version


def problems_of(version, schema):
    """What keeps a draft from being published: faults, and what may not change from the version before."""
    before = version.questionnaire.versions.published().order_by("-number").first()
    changed = schemas.compatible(schemas.parse(before.schema), schema) if before else ()
    return [*schemas.check(schema), *changed]


@transaction.atomic
def set_retired(*, questionnaire, by, retired):
    """Ask it in no further round, or again. Rounds that ask it go on."""
    access.require(by, P.RUN_SURVEY, questionnaire.town)
    questionnaire = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    if retired == (questionnaire.retired_on is not None):
        return questionnaire
    questionnaire.retired_on = timezone.localdate() if retired else None
    questionnaire.save(update_fields=["retired_on"])
    audit.log(
        AuditEntry.Action.SETTING,
        by=by,
        grid=questionnaire.town,
        obj=questionnaire,
        label=f"{'停用' if retired else '恢复'}问卷 {questionnaire.title}",
    )
    return questionnaire


def _locked(version, by):
    version = (
        Version.objects.select_for_update(of=("self",))
        .select_related("questionnaire__town")
        .get(pk=version.pk)
    )
    access.require(by, P.RUN_SURVEY, version.questionnaire.town)
    return version
