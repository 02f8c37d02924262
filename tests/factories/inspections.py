"""The smallest valid rows of inspections."""

from datetime import date
from uuid import uuid4

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from grids.actions.records import Envelope
from grids.models import FieldRecord
from surveys import models
from surveys.actions.inspections import Verdict, log_inspection
from tests.factories import FieldRecordFactory, GridFactory, UserFactory


class ChecklistFactory(DjangoModelFactory):
    """背街小巷 of Hekou Town, its items made as they are needed."""

    class Meta:
        model = models.Checklist
        django_get_or_create = ["town", "name"]

    town = factory.SubFactory(GridFactory, code="140181100", name="河口镇")
    name = "背街小巷"


class ItemFactory(DjangoModelFactory):
    class Meta:
        model = models.ChecklistItem
        django_get_or_create = ["checklist", "name"]

    checklist = factory.SubFactory(ChecklistFactory)
    name = "垃圾"
    position = factory.Sequence(lambda n: n)


class SiteFactory(DjangoModelFactory):
    class Meta:
        model = models.Site

    grid = factory.SubFactory(GridFactory)
    checklist = factory.SubFactory(ChecklistFactory)
    name = factory.Sequence("{} 组后巷".format)


class InspectionFactory(DjangoModelFactory):
    """An inspection today; `verdicts` maps names of items to states, by default one item that passes."""

    class Meta:
        model = models.Inspection
        skip_postgeneration_save = True

    verdicts = factory.LazyFunction(lambda: {"垃圾": "pass"})
    grid = factory.SubFactory(GridFactory)
    site = factory.SubFactory(SiteFactory, grid=factory.SelfAttribute("..grid"))
    inspector = factory.SubFactory(UserFactory)
    inspected_on = factory.LazyFunction(timezone.localdate)
    passed = factory.LazyAttribute(lambda one: list(one.verdicts.values()).count("pass"))
    failed = factory.LazyAttribute(lambda one: list(one.verdicts.values()).count("fail"))
    record = factory.SubFactory(
        FieldRecordFactory,
        kind=FieldRecord.Kind.INSPECTION,
        grid=factory.SelfAttribute("..grid"),
        actor=factory.SelfAttribute("..inspector"),
        happened_on=factory.SelfAttribute("..inspected_on"),
    )

    @classmethod
    def _create(cls, model_class, *args, **fields):
        verdicts = fields.pop("verdicts")
        inspection = super()._create(model_class, *args, **fields)
        for name, state in verdicts.items():
            item = ItemFactory(checklist=inspection.site.checklist, name=name)
            models.InspectionResult.objects.create(
                inspection=inspection, item=item, grid=inspection.grid, state=state
            )
        return inspection


def told(site, verdicts, *, by, day: date | None = None, **more):
    """An inspection through the action; `verdicts` maps names of items to states."""
    day = day or timezone.localdate()
    items = {ItemFactory(checklist=site.checklist, name=name): state for name, state in verdicts.items()}
    receipt = log_inspection(
        by=by,
        envelope=Envelope(uuid=uuid4(), captured_at=timezone.now(), happened_on=day),
        site=site,
        verdicts={item: Verdict(state) for item, state in items.items()},
        **more,
    )
    return receipt.record.inspection
