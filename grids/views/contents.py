"""The content of a field record in the spelling of its form: to correct it, to compare it, to read it."""

from grids import access
from grids.actions.concerns import report_content
from grids.actions.patrols import patrol_content
from grids.actions.visits import visit_content
from grids.models import (
    Concern,
    FieldRecord,
    Finding,
    HouseholdVisit,
    PatrolCheck,
    PatrolPoint,
    Resident,
    User,
)

P = access.Permission
Kind = FieldRecord.Kind


def stored_content(record):
    """The content of a record as it stands, in the spelling its form uses."""
    about = {"happened_on": record.happened_on.isoformat(), "actor": str(record.actor.uuid)}
    heard = [
        {"theme": concern.theme, "words": concern.words, "state": concern.state}
        for concern in record.concerns.order_by("pk")
    ]
    if record.kind == Kind.VISIT:
        visit = record.visit
        people = [met.resident for met in visit.met.select_related("resident")]
        told = {name: getattr(visit, name) for name in ("mode", "outcome", "purposes", "note")}
        return about | visit_content(household=visit.household, met=people, concerns=heard, **told)
    if record.kind == Kind.CONCERN:
        return about | report_content(grid=record.grid, household=record.household, **heard[0])
    if record.kind == Kind.PATROL:
        patrol = record.patrol
        checks = {check.point: check.state for check in patrol.checks.select_related("point")}
        found = [
            {"theme": f.theme, "place": f.place, "words": f.words, "state": f.state}
            for f in patrol.findings.order_by("pk")
        ]
        return about | patrol_content(
            grid=patrol.grid, route=patrol.route, note=patrol.note, checks=checks, findings=found
        )
    raise ValueError(f"a {record.kind} has no content")


def _label(choices, value):
    return dict(choices.choices).get(value, value)


def pairs(user, kind, content):
    """(term, words) of a content, for reading."""
    actor = User.objects.visible_to(user, P.LOG_FIELDWORK).filter(uuid=content["actor"]).first()
    read = [("日期", content["happened_on"]), ("当事人", actor.name if actor else "—")]
    read += {Kind.VISIT: _visit_pairs, Kind.CONCERN: _concern_pairs, Kind.PATROL: _patrol_pairs}[kind](
        user, content
    )
    return read


def _visit_pairs(user, content):
    people = Resident.objects.visible_to(user, P.LOG_FIELDWORK).filter(uuid__in=content["met"])
    purposes = [_label(HouseholdVisit.Purpose, purpose) for purpose in content["purposes"]]
    heard = [f"{_label(Concern.Theme, c['theme'])}：{c['words']}" for c in content["concerns"]]
    return [
        ("方式", _label(HouseholdVisit.Mode, content["mode"])),
        ("结果", _label(HouseholdVisit.Outcome, content["outcome"])),
        ("见到了谁", "、".join(people.order_by("pk").values_list("name", flat=True))),
        ("走访内容", "、".join(purposes)),
        ("情况记录", content["note"]),
        ("诉求", "；".join(heard)),
    ]


def _concern_pairs(user, content):
    return [
        ("什么事", _label(Concern.Theme, content["theme"])),
        ("说了什么", content["words"]),
        ("怎么样了", _label(Concern.State, content["state"])),
    ]


def _patrol_pairs(user, content):
    points = {str(p.pk): p.name for p in PatrolPoint.objects.visible_to(user, P.LOG_FIELDWORK)}
    checks = [
        f"{points.get(pk, pk)} {_label(PatrolCheck.State, state)}" for pk, state in content["checks"].items()
    ]
    found = [
        f"{_label(Concern.Theme, f['theme'])} {f['place']}：{f['words']}（{_label(Finding.State, f['state'])}）"
        for f in content["findings"]
    ]
    return [
        ("路线或范围", content["route"]),
        ("巡查记录", content["note"]),
        ("检查点", "、".join(checks)),
        ("发现的问题", "；".join(found)),
    ]
