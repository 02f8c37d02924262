"""Before and after: what failed at a site, and what a later look at the same items found. Pure, on loaded rows."""

from typing import NamedTuple

from surveys.models import Inspection, InspectionResult

State = InspectionResult.State


class Repair(NamedTuple):
    """Items that failed together and were seen again together; `after` and each row's second part may be None."""

    before: Inspection
    after: Inspection | None
    items: list[tuple[InspectionResult, InspectionResult | None]]

    @property
    def is_done(self):
        return self.after is not None


def repairs(inspections):
    """The last failure of every item with what came of it, what is still open first, then the newest.

    `inspections` are those of one site that stand, newest first, with their results loaded. After an item's last
    failure no later look failed, so its newest 合格 since then is the repair; 不涉及 says nothing.
    """
    seen, groups = {}, {}
    for inspection in inspections:
        for row in inspection.results.all():
            if row.item_id in seen and seen[row.item_id] is None:
                continue  # Its last failure was met already.
            if row.state == State.PASS:
                seen.setdefault(row.item_id, (inspection, row))
            elif row.state == State.FAIL:
                after, later = seen.get(row.item_id) or (None, None)
                seen[row.item_id] = None
                key = (inspection.pk, after and after.pk)
                groups.setdefault(key, Repair(inspection, after, [])).items.append((row, later))
    return sorted(groups.values(), key=lambda one: one.is_done)


def still_failing(inspections):
    """The items that failed when they were last seen."""
    return [row for one in repairs(inspections) if not one.is_done for row, _ in one.items]
