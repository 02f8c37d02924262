"""The smallest valid rows of cases, and the town's rules."""

from datetime import timedelta
from uuid import uuid4

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from cases import models
from cases.actions.ratings import rate_by_call
from cases.actions.report import Told, report
from cases.actions.requests import ask
from cases.vocabulary import Status
from grids.actions.records import Envelope
from grids.models import FieldRecord
from tests.factories import FieldRecordFactory, GridFactory, UserFactory


class ClassFactory(DjangoModelFactory):
    """A class of the first level."""

    class Meta:
        model = models.CaseCategory
        django_get_or_create = ["town", "code"]

    town = factory.SubFactory(GridFactory, code="140181100", name="河口镇")
    code = "06"
    name = "吃水用水"


class CategoryFactory(DjangoModelFactory):
    """停水, a sub-category with a limit of 8 working hours."""

    class Meta:
        model = models.CaseCategory
        django_get_or_create = ["town", "code"]

    town = factory.SubFactory(GridFactory, code="140181100", name="河口镇")
    parent = factory.SubFactory(ClassFactory, town=factory.SelfAttribute("..town"))
    code = "0601"
    name = factory.LazyAttribute(lambda category: {"0601": "停水"}.get(category.code, f"小类{category.code}"))
    limit_amount = 8
    limit_unit = models.CaseCategory.LimitUnit.WORKING_HOURS


class TileFactory(DjangoModelFactory):
    class Meta:
        model = models.ReportTile

    town = factory.SubFactory(GridFactory, code="140181100", name="河口镇")
    name = "停水"
    icon = "drop"
    category = factory.SubFactory(CategoryFactory)


class CaseFactory(DjangoModelFactory):
    """A case as it waits after its report, without events; a status of one's own brings what the status needs."""

    class Meta:
        model = models.Case

    grid = factory.SubFactory(GridFactory)
    responsible_grid = factory.SelfAttribute("grid")
    reporter = factory.SubFactory(UserFactory)
    category = factory.SubFactory(CategoryFactory)
    town = factory.SelfAttribute("category.town")
    case_no = factory.Sequence("20261123-{:04d}".format)
    subject = "停水"
    place = factory.Sequence("沟底村 {} 号".format)
    place_key = factory.LazyAttribute(lambda case: f"goudicun{case.case_no}")
    source = models.Case.Source.PATROL
    reported_at = factory.LazyFunction(timezone.now)
    status = Status.SUBMITTED
    level = 0
    record = factory.SubFactory(
        FieldRecordFactory,
        kind=FieldRecord.Kind.CASE,
        grid=factory.SelfAttribute("..grid"),
        actor=factory.SelfAttribute("..reporter"),
    )

    class Params:
        filed = factory.Trait(
            registered_at=factory.LazyFunction(timezone.now),
            warn_at=factory.LazyAttribute(lambda case: case.registered_at + timedelta(hours=6)),
            due_at=factory.LazyAttribute(lambda case: case.registered_at + timedelta(hours=8)),
            limit_amount=8,
            limit_unit="working_hours",
        )
        shut = factory.Trait(
            filed=True,
            status=Status.CLOSED,
            level=1,
            level_closed=1,
            handled_at=factory.LazyAttribute(lambda case: case.registered_at),
            closed_at=factory.LazyAttribute(lambda case: case.registered_at + timedelta(hours=1)),
            natural_seconds=3600,
            working_seconds=3600,
        )


def envelope(at=None, **more):
    """What a phone sends around a report."""
    at = at or timezone.now()
    return Envelope(uuid=uuid4(), captured_at=at, happened_on=timezone.localdate(at), **more)


def reported(by, grid, *, at=None, **told):
    """A case reported through the action."""
    told = {"subject": "停水", "place": "水塔下", "category": None} | told
    told["category"] = told["category"] or CategoryFactory(town=grid_town(grid))
    receipt = report(by=by, envelope=envelope(at), grid=grid, told=Told(**told))
    return receipt.record.case


def grid_town(grid):
    return GridFactory(code=grid.town_code, name="河口镇")


def one_of_each(cast, grid, category):
    """A case for every list that somebody lives in; the category has a usual unit."""
    now = timezone.now()
    reported(cast.gridworker, grid, category=category)
    made = {"grid": grid, "category": category, "reporter": UserFactory()}
    filed = made | {"filed": True, "registered_at": now - timedelta(days=3)}
    CaseFactory(**filed, status=Status.HANDLING, level=4, unit=category.unit)
    CaseFactory(**filed, status=Status.HANDLING, level=3)
    CaseFactory(**filed, status=Status.TO_VERIFY, level=3, handled_at=now)
    CaseFactory(**filed, status=Status.TO_CLOSE, level=3, handled_at=now)
    CaseFactory(**filed, status=Status.SUSPENDED, suspended_since=now - timedelta(days=40))
    held = CaseFactory(**filed, status=Status.HANDLING, level=2, holder=cast.village_officer)
    ask(case=held, by=cast.village_officer, kind="suspend", reason="等雪化")
    closed = CaseFactory(**made, shut=True, was_self_closed=True)
    rate_by_call(case=closed, by=cast.gridworker, score=1)
