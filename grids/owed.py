"""What the people of one household are owed just now, from rows a page has loaded anyway. Two more queries."""

from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Max

from grids import due
from grids.models import CareFrequency, VisitMet


class Owed(NamedTuple):
    """One resident's running obligations together: the soonest last day, and when they were last met in person."""

    categories: list
    last_day: date
    last_met: date | None
    is_done: bool

    def why(self, day):
        """独居老人，已 9 天未走访."""
        kinds = "、".join(self.categories)
        if self.last_met is None:
            return f"{kinds}，从未走访"
        days = (day - self.last_met).days
        return f"{kinds}，已 {days} 天未走访" if days else f"{kinds}，今天见过"


def owed_at(residents, placements, day):
    """{resident id: Owed} for residents with `care` and `absences` prefetched, and their household's placements."""
    last_met = _last_met(residents)
    care = [row for person in residents for row in person.care.all()]
    names = {row.category_id: row.category.name for row in care}
    frequencies = CareFrequency.objects.filter(category__in=names)
    facts = due.Facts(
        care=[due.Span(row.resident_id, row.category_id, row.starts_on, row.ends_on) for row in care],
        frequencies=[
            due.Span(*row)
            for row in frequencies.values_list("category_id", "frequency", "starts_on", "ends_on")
        ],
        homes=[
            due.Span(person.pk, place.grid_id, place.starts_on, place.ends_on)
            for person in residents
            for place in placements
        ],
        absences=[
            due.Span(row.resident_id, row.reason, row.starts_on, row.ends_on)
            for person in residents
            for row in person.absences.all()
        ],
        # No visit lies in the future, so the last one alone decides a running period.
        meetings=[due.Meeting(person, met, True) for person, met in last_met.items() if met],
    )
    owed = {}
    for obligation in due.Ledger(facts).current(day):
        owed.setdefault(obligation.resident, []).append(obligation)
    return {
        resident: _together(obligations, names, last_met.get(resident))
        for resident, obligations in owed.items()
    }


def _last_met(residents):
    met = VisitMet.objects.filter(resident__in=residents, in_person=True, visit__superseded_by=None)
    return dict(met.values_list("resident").annotate(Max("visited_on")))


def _together(obligations, names, last_met):
    open_ones = [one for one in obligations if not one.is_done] or obligations
    return Owed(
        categories=list(dict.fromkeys(names[one.category] for one in open_ones)),
        last_day=min(one.end for one in open_ones) - timedelta(days=1),
        last_met=last_met,
        is_done=all(one.is_done for one in obligations),
    )
