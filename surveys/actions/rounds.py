"""Preparing, opening and closing a round."""

import secrets
from fractions import Fraction

from django.db import transaction
from django.utils import timezone

from grids import access
from grids.actions import audit
from grids.exceptions import DomainError, StaleVersion
from grids.models import AuditEntry
from surveys import rates
from surveys.actions import mixing
from surveys.actions.tokens import ALPHABET
from surveys.models import AgeBand, Mode, Round, RoundArea, RoundQuota, Sex

P = access.Permission
# What a person may change of a round while it is prepared.
EDITABLE = ("title", "notice", "version", "starts_on", "ends_on", "modes", "error_permille", "design_effect")


@transaction.atomic
def create(*, town, by, **values):
    """A new round in preparation, of a published version."""
    access.require(by, P.RUN_SURVEY, town)
    _require_version(town, values["version"])
    round = Round(town=town, created_by=by, **values)
    _give_poster(round)
    round.save()
    return round


@transaction.atomic
def update(*, round, by, seen_edits, **values):
    """Change a round in preparation. Raises StaleVersion, or DomainError once it was opened.

    Another error or design effect gives another target and other quotas.
    """
    round = _preparing(round, by, seen_edits)
    if "version" in values:
        _require_version(round.town, values["version"])
    if Mode.TOKEN not in values.get("modes", round.modes) and round.batches.filter(is_void=False).exists():
        raise DomainError("已经印了答题码。不要扫码的话，先把印好的批次作废。")
    reckoned = (round.error_permille, round.design_effect)
    areas = list(round.areas.select_related("area"))
    extra = areas and round.target_n > needed(round, sum(area.population for area in areas))
    for name, value in values.items():
        if name not in EDITABLE:
            raise ValueError(name)
        setattr(round, name, value)
    if areas and reckoned != (round.error_permille, round.design_effect):
        cells = {(cell.sex, cell.age_band): cell.population for cell in round.quotas.all()}
        populations = {area.area: area.population for area in areas}
        kept = (
            round.target_n if extra and round.target_n >= needed(round, sum(populations.values())) else None
        )
        _spread(round, populations, cells, kept)
    if Mode.HOUSEHOLD not in round.modes:
        _forget_draw(round)
    _give_poster(round)
    round.edits += 1
    round.save()
    return round


@transaction.atomic
def declare_frame(*, round, by, populations, cells, wanted=None, seen_edits=None):
    """Say how many people may be asked: {area: n} by village, {(sex, age band): n} over the town.

    The target follows by formula with the finite population correction; `wanted` may be more, to allow for answers
    that will not count. Both sets of quotas go by largest remainder. Other quotas make a drawn sample void.
    Raises DomainError for an empty frame or one that the round outgrew, StaleVersion with `seen_edits`.
    """
    round = _preparing(round, by, seen_edits)
    _spread(round, populations, cells, wanted)
    round.edits += 1
    round.save()
    return round


def needed(round, total):
    """How many answers the round's error asks of so many people."""
    return rates.sample_size(
        total,
        margin=Fraction(round.error_permille, 1000),
        design_effect=Fraction(round.design_effect, 100),
    )


def _spread(round, populations, cells, wanted):
    total = sum(populations.values())
    if not total:
        raise DomainError("请填写各村的人数。")
    round.target_n = needed(round, total)
    if wanted is not None:
        if not round.target_n <= wanted <= total:
            raise DomainError(f"目标份数须在 {round.target_n} 与总人数 {total} 之间。")
        round.target_n = wanted
    if 0 < sum(cells.values()) < round.target_n:
        raise DomainError(f"各年龄段合计 {sum(cells.values())} 人，不够目标 {round.target_n} 份，请核对。")
    areas = {area: n for area, n in populations.items() if n}
    quotas = rates.allocate(round.target_n, areas)
    before = dict(round.areas.values_list("area_id", "quota"))
    if before != {area.pk: quota for area, quota in quotas.items()}:
        _forget_draw(round)
    round.areas.all().delete()
    RoundArea.objects.bulk_create(
        RoundArea(round=round, area=area, population=n, quota=quotas[area]) for area, n in areas.items()
    )
    round.quotas.all().delete()
    if any(cells.values()):
        shares = rates.allocate(round.target_n, cells)
        RoundQuota.objects.bulk_create(
            RoundQuota(round=round, sex=sex, age_band=band, population=n, quota=shares[sex, band])
            for (sex, band), n in cells.items()
        )


@transaction.atomic
def open_round(*, round, by):
    """Begin taking answers on the round's days. Raises DomainError naming what is still missing."""
    round = _locked(round, by)
    if round.state != Round.State.DRAFT:
        raise DomainError("这次调查已经开始过。")
    if not round.areas.exists():
        raise DomainError("请先填写各村的人数。")
    if Mode.HOUSEHOLD in round.modes and not round.sample.exists():
        raise DomainError("选了入户，请先抽取住户。")
    if round.ends_on <= timezone.localdate():
        raise DomainError("结束日期已过，请先改日期。")
    round.state = Round.State.OPEN
    round.save(update_fields=["state"])
    _log(by, round, "开始调查")
    return round


@transaction.atomic
def close_round(*, round, by):
    """Take no more answers; the order of what is stored is taken away at once."""
    round = _locked(round, by)
    if round.state == Round.State.CLOSED:
        return round
    if round.state == Round.State.DRAFT:
        raise DomainError("还没有开始的调查不用结束。")
    round.state = Round.State.CLOSED
    round.save(update_fields=["state"])
    mixing.mix(round=round)
    _log(by, round, "结束调查")
    return round


def cells():
    """The cells of sex and age band, in order."""
    return [(sex.value, band.value) for sex in Sex for band in AgeBand]


def _forget_draw(round):
    round.sample.all().delete()
    round.seed = None


def _give_poster(round):
    """The code of the poster, which is printed before the round begins."""
    if Mode.POSTER in round.modes and not round.poster_code:
        round.poster_code = "".join(secrets.choice(ALPHABET) for _ in range(8))


def _require_version(town, version):
    if version.is_draft:
        raise DomainError("请先发布问卷，再用它开展调查。")
    if version.questionnaire.town_id != town.pk:
        raise DomainError("这份问卷不属于本镇。")


def _locked(round, by):
    round = Round.objects.select_for_update(of=("self",)).select_related("town").get(pk=round.pk)
    access.require(by, P.RUN_SURVEY, round.town)
    return round


def _preparing(round, by, seen_edits):
    """The round, locked, while it may still be changed."""
    round = _locked(round, by)
    if round.state != Round.State.DRAFT:
        raise DomainError("已经开始的调查不能再改；可以结束它，另开一次。")
    if seen_edits is not None and round.edits != seen_edits:
        raise StaleVersion
    return round


def _log(by, round, label):
    audit.log(
        AuditEntry.Action.SETTING, by=by, grid=round.town, obj=round, label=f"{label} {round.title}"[:120]
    )
