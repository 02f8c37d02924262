"""Why people of the demo are looked after, and who is away: dated facts that follow from how they live."""

from datetime import date, timedelta

from grids.models import Absence, Consent, Relative, ResidentCare
from hekou.demo import sayings
from hekou.demo.names import person_name

Reason = Absence.Reason


def categories_of(chance, home, resident, age):
    """Keys of the care categories a resident belongs to, the riskiest first, by age and household."""
    village, kind = home.is_village, home.kind
    is_child = age < 16
    away_father = any(person.sex == "m" and person in home.away for person in home.residents)
    odds = {
        "living_alone": kind == "alone" and (0.7 if village else 0.5),
        "disabled_elder": age >= 70 and 0.045,
        "extreme_hardship": kind in ("alone", "single") and age >= 55 and 0.06,
        "left_behind_elder": age >= 60 and {"grandparents": 0.75, "old_couple": 0.3 * village}.get(kind, 0),
        "empty_nest": age >= 62 and kind == "old_couple" and 0.2,
        "aged_80": age >= 80,
        "serious_illness": age >= 38 and 0.012,
        "low_income": resident.is_head and (0.05 if village else 0.03),
        "child_in_need": is_child and 0.02,
        "left_behind_child": is_child and (0.7 if kind == "grandparents" else 0.3 * away_father),
        "low_income_margin": resident.is_head and 0.015,
        "disability": age >= 20 and 0.025,
        "left_behind_woman": resident.sex == "f"
        and 22 < age < 56
        and kind == "nuclear"
        and 0.5 * away_father,
        "veteran": resident.sex == "m" and age >= 45 and 0.02,
        "poverty_watch": resident.is_head and village and 0.015,
    }
    return [key for key, odd in odds.items() if chance.happens(float(odd))]


def tag(chance, home, resident, keys, span, categories):
    """Dated care rows; most began before the demo's year, some in it, a few ended."""
    start, today = span
    entered = max(home.since, date(2021, 1, 1))
    for key in keys:
        began = chance.day(entered, max(entered, start))
        if chance.happens(0.15):
            began = chance.day(max(start, home.since), today)
        if key == "aged_80":
            began = max(entered, _birthday(resident.born_on, 80))
        ended = None
        if (
            chance.happens(0.03)
            and key not in ("aged_80", "living_alone")
            and began < today - timedelta(days=60)
        ):
            ended = chance.day(max(began, start) + timedelta(days=30), today)
        yield ResidentCare(
            resident=resident,
            category=categories[key],
            starts_on=min(began, today),
            ends_on=ended,
            noted_by=home.worker,
        )


def _birthday(born_on, age):
    year = born_on.year + age
    try:
        return born_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def goes_away(chance, home, member):
    """Whether somebody of working age earns money elsewhere."""
    if not 19 <= member.age <= 57:
        return False
    if member.relation in ("儿子", "儿媳"):
        return chance.happens(0.42 if home.is_village else 0.25)
    if member.relation == "户主" and member.sex == "m":
        return chance.happens(0.25 if home.is_village else 0.1)
    return False


def work_absence(chance, home, resident, today):
    """Away since some time after the spring festival, most until the next one."""
    return Absence(
        resident=resident,
        reason=Reason.WORK,
        starts_on=max(today - timedelta(days=chance.randint(40, 320)), home.since),
        ends_on=None if chance.happens(0.6) else today + timedelta(days=chance.randint(10, 120)),
        noted_by=home.worker,
    )


def old_age_absence(chance, home, resident, age, span):
    """A stay in hospital, a move to the children, a death; at most one, for few."""
    start, today = span
    day = chance.day(max(start, home.since) + timedelta(days=1), today)
    draw = chance.random()
    if age >= 68 and draw < 0.012:
        return Absence(resident=resident, reason=Reason.DIED, starts_on=day, noted_by=home.worker)
    if age >= 60 and draw < 0.022:
        return Absence(resident=resident, reason=Reason.MOVED, starts_on=day, noted_by=home.worker)
    if age >= 60 and draw < 0.06:
        # Some are in hospital just now and come back on a known day.
        day = today - timedelta(days=chance.randint(1, 8)) if chance.happens(0.15) else day
        back = day + timedelta(days=chance.randint(6, 21))
        return Absence(
            resident=resident,
            reason=Reason.HOSPITAL,
            starts_on=max(day, home.since),
            ends_on=back,
            noted_by=home.worker,
        )
    return None


def relatives(chance, resident, age, numbers):
    """The children of an old person, away, whom one may ring; their rows."""
    for _ in range(chance.choice((1, 1, 2))):
        sex = chance.choice("mf")
        row = Relative(
            uuid=chance.uuid(),
            resident=resident,
            name=person_name(chance, sex, resident.born_on.year + 26, resident.name[:1]),
            relation="儿子" if sex == "m" else "女儿",
            workplace=chance.choice(sayings.WORKPLACES),
        )
        row.phone = numbers.phone()
        yield row


def consents(chance, home, resident, age):
    """What the resident agreed to when the household was entered."""
    kinds = {Consent.Kind.RECORD: 0.9 if resident.is_head else 0.4}
    if age >= 60:
        kinds |= {Consent.Kind.HEALTH: 0.4, Consent.Kind.FAMILY: 0.5}
    for kind, odds in kinds.items():
        if chance.happens(odds):
            yield Consent(resident=resident, kind=kind, given_on=home.since, recorded_by=home.worker)


def words(chance, keys):
    """Difficulties, and the help given, of somebody in these categories."""
    if not keys or not chance.happens(0.6):
        return "", ""
    return chance.choice(sayings.DIFFICULTIES[keys[0]]), chance.choice(sayings.HELP)
