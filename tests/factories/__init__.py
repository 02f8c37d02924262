"""The smallest valid row of each table."""

from datetime import date
from uuid import uuid4

import factory
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from grids import models, names
from grids.access import Role

_FOUNDED = date(2020, 1, 1)


class GridFactory(DjangoModelFactory):
    """An open basic grid of 沟底村 (140181100208), with the next free code."""

    class Meta:
        model = models.Grid
        django_get_or_create = ["code"]

    class Params:
        parent = "140181100208"

    code = factory.LazyAttributeSequence(lambda grid, n: f"{grid.parent}{900 - n % 800:03d}")
    tier = factory.LazyAttribute(lambda grid: len(grid.code))
    kind = factory.LazyAttribute(
        lambda grid: {9: "town", 12: "village", 15: "basic", 17: "micro"}[len(grid.code)]
    )
    name = factory.LazyAttribute(lambda grid: f"网格{grid.code[-3:]}")
    opened_on = _FOUNDED


class UserFactory(DjangoModelFactory):
    """A person of Hekou Town without any assignment; password `hekou-demo`, already changed."""

    class Meta:
        model = models.User

    phone = factory.Sequence(lambda n: f"139{n:08d}")
    name = factory.Sequence(lambda n: f"王{'一二三四五六七八九十'[n % 10]}")
    name_index = factory.LazyAttribute(lambda user: names.search_index(user.name))
    town = factory.SubFactory(GridFactory, code="140181100", name="河口镇")
    must_change_password = False
    password = factory.django.Password("hekou-demo")


class AssignmentFactory(DjangoModelFactory):
    class Meta:
        model = models.GridAssignment

    user = factory.SubFactory(UserFactory)
    role = Role.GRIDWORKER
    grid = factory.SubFactory(GridFactory)
    starts_on = _FOUNDED


class HouseholdFactory(DjangoModelFactory):
    """A household placed in `grid` since the beginning, without residents."""

    class Meta:
        model = models.Household
        skip_postgeneration_save = True

    address = factory.Sequence("沟底村 {} 号".format)
    address_key = factory.LazyAttribute(lambda household: names.address_key(household.address))

    @factory.post_generation
    def grid(household, create, grid, **kwargs):
        if create:
            models.Placement.objects.create(
                household=household,
                grid=grid or GridFactory(),
                starts_on=kwargs.get("since", _FOUNDED),
            )


class ResidentFactory(DjangoModelFactory):
    """Somebody who has lived in the household since the beginning unless `since` says otherwise."""

    class Meta:
        model = models.Resident

    household = factory.SubFactory(HouseholdFactory)
    name = "赵老汉"
    name_key = factory.LazyAttribute(lambda resident: names.reading(resident.name))
    name_index = factory.LazyAttribute(lambda resident: names.search_index(resident.name))

    since = _FOUNDED

    @classmethod
    def _create(cls, model_class, *args, since, **fields):
        """Both rows in one transaction, at whose end they have to agree."""
        with transaction.atomic():
            resident = super()._create(model_class, *args, **fields)
            models.Residence.objects.create(resident=resident, household=resident.household, starts_on=since)
        return resident


class CareCategoryFactory(DjangoModelFactory):
    """A category of Hekou Town, visited monthly since the beginning unless `frequency` says otherwise."""

    class Meta:
        model = models.CareCategory
        skip_postgeneration_save = True

    town = factory.SubFactory(GridFactory, code="140181100", name="河口镇")
    key = factory.Sequence("category-{}".format)
    name = factory.Sequence("类别{}".format)

    @factory.post_generation
    def frequency(category, create, frequency, **kwargs):
        if create:
            models.CareFrequency.objects.create(
                category=category,
                frequency=frequency or models.Frequency.MONTHLY,
                starts_on=_FOUNDED,
            )


class ResidentCareFactory(DjangoModelFactory):
    class Meta:
        model = models.ResidentCare

    resident = factory.SubFactory(ResidentFactory)
    category = factory.SubFactory(CareCategoryFactory)
    starts_on = _FOUNDED


class FieldRecordFactory(DjangoModelFactory):
    class Meta:
        model = models.FieldRecord

    uuid = factory.LazyFunction(uuid4)
    kind = models.FieldRecord.Kind.VISIT
    grid = factory.SubFactory(GridFactory)
    actor = factory.SubFactory(UserFactory)
    typed_by = factory.SelfAttribute("actor")
    happened_on = factory.LazyFunction(timezone.localdate)
    captured_at = factory.LazyFunction(timezone.now)
    digest = factory.LazyFunction(lambda: uuid4().hex * 2)


class VisitFactory(DjangoModelFactory):
    """A visit today at which nobody is ticked; `met=[resident, …]` ticks people."""

    class Meta:
        model = models.HouseholdVisit
        skip_postgeneration_save = True

    household = factory.SubFactory(HouseholdFactory)
    grid = factory.LazyAttribute(lambda visit: visit.household.placements.get(ends_on=None).grid)
    visitor = factory.SubFactory(UserFactory)
    visited_on = factory.LazyFunction(timezone.localdate)
    record = factory.SubFactory(
        FieldRecordFactory,
        household=factory.SelfAttribute("..household"),
        grid=factory.SelfAttribute("..grid"),
        actor=factory.SelfAttribute("..visitor"),
        happened_on=factory.SelfAttribute("..visited_on"),
    )

    @factory.post_generation
    def met(visit, create, residents, **kwargs):
        in_person = visit.mode == models.HouseholdVisit.Mode.HOME
        for resident in residents or []:
            models.VisitMet.objects.create(
                visit=visit,
                resident=resident,
                visited_on=visit.visited_on,
                in_person=in_person,
            )


class ConcernFactory(DjangoModelFactory):
    class Meta:
        model = models.Concern

    grid = factory.SubFactory(GridFactory)
    heard_by = factory.SubFactory(UserFactory)
    heard_on = factory.LazyFunction(timezone.localdate)
    theme = models.Concern.Theme.WATER
    words = "好几天没水了"
    record = factory.SubFactory(
        FieldRecordFactory,
        kind=models.FieldRecord.Kind.CONCERN,
        grid=factory.SelfAttribute("..grid"),
        household=factory.SelfAttribute("..household"),
        actor=factory.SelfAttribute("..heard_by"),
    )
    household = None


class PatrolFactory(DjangoModelFactory):
    class Meta:
        model = models.Patrol

    grid = factory.SubFactory(GridFactory)
    walker = factory.SubFactory(UserFactory)
    walked_on = factory.LazyFunction(timezone.localdate)
    route = "村口到水塔"
    record = factory.SubFactory(
        FieldRecordFactory,
        kind=models.FieldRecord.Kind.PATROL,
        grid=factory.SelfAttribute("..grid"),
        actor=factory.SelfAttribute("..walker"),
    )


class FindingFactory(DjangoModelFactory):
    class Meta:
        model = models.Finding

    patrol = factory.SubFactory(PatrolFactory)
    grid = factory.SelfAttribute("patrol.grid")
    theme = models.Concern.Theme.ROAD
    place = "水塔下的坡道"
    words = "路面塌了一块"


class UnitFactory(DjangoModelFactory):
    class Meta:
        model = models.Unit

    town = factory.SubFactory(GridFactory, code="140181100", name="河口镇")
    name = factory.Sequence("供水站{}".format)
