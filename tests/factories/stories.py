"""Facts of the told stories that more than one test builds."""

from datetime import date

from tests.factories import (
    CareCategoryFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    VisitFactory,
)

OVERDUE = "周3"


def cared_for(grid, category, name):
    """Somebody of the category in a household of their own."""
    resident = ResidentFactory(household=HouseholdFactory(grid=grid), name=name)
    ResidentCareFactory(resident=resident, category=category)
    return resident


def left_behind_elders(grid, visitor, year=2027):
    """Story 6: 6 weekly and 5 monthly people in a February of four whole weeks, which 2021 had too.

    One week of one person was missed, who was telephoned instead.
    """
    weekly = CareCategoryFactory(name="独居老人", frequency="weekly")
    monthly = CareCategoryFactory(name="留守老人", frequency="monthly")
    for number in range(6):
        resident = cared_for(grid, weekly, f"周{number}")
        for monday in (1, 8, 15, 22):
            phoned = resident.name == OVERDUE and monday == 15
            VisitFactory(
                household=resident.household,
                met=[resident],
                visited_on=date(year, 2, monday + 1),
                mode="phone" if phoned else "home",
                visitor=visitor,
            )
    for number in range(5):
        resident = cared_for(grid, monthly, f"月{number}")
        VisitFactory(household=resident.household, met=[resident], visited_on=date(year, 2, 28))
