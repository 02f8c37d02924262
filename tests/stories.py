"""Facts of the acceptance stories that more than one test tells."""

from datetime import date

from tests.factories import (
    CareCategoryFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    VisitFactory,
)


def cared_for(grid, category, name):
    """Somebody in the category, in a household of their own in the grid."""
    resident = ResidentFactory(household=HouseholdFactory(grid=grid), name=name)
    ResidentCareFactory(resident=resident, category=category)
    return resident


def february_of_the_elders(grid, worker):
    """6 weekly and 5 monthly people; one week of one person was missed, who was telephoned instead."""
    weekly = CareCategoryFactory(name="独居老人", frequency="weekly")
    monthly = CareCategoryFactory(name="留守老人", frequency="monthly")
    for number in range(6):
        resident = cared_for(grid, weekly, f"周{number}")
        for monday in (1, 8, 15, 22):
            phoned = number == 3 and monday == 15
            VisitFactory(
                household=resident.household,
                met=[resident],
                visited_on=date(2027, 2, monday + 1),
                mode="phone" if phoned else "home",
                visitor=worker,
            )
    for number in range(5):
        resident = cared_for(grid, monthly, f"月{number}")
        VisitFactory(household=resident.household, met=[resident], visited_on=date(2027, 2, 28))
