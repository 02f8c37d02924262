"""Where a resident who has just answered tells a real problem: an answer names nobody, so nobody can come about it."""

from typing import NamedTuple

from grids.models import Grid, TownProfile


class Contact(NamedTuple):
    """The office by its name and number, and the village's own number where it has one."""

    office: str
    phone: str
    area: Grid | None
    area_phone: str


def contact_of(round, at=""):
    """`at` is the code of a village of the round, or anything else. Two queries at most."""
    profile = TownProfile.objects.filter(town=round.town_id).first()
    row = round.areas.select_related("area").filter(area__code=at).first() if at else None
    area = row and row.area
    return Contact(
        office=profile.office_name if profile else "镇网格办",
        phone=profile.duty_phone if profile else "",
        area=area,
        area_phone=area.duty_phone if area else "",
    )
