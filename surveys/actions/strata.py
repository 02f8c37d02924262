"""The summary behind results, made anew from the responses and compared with what was counted as they came."""

import json
from typing import NamedTuple

from django.db import connection, transaction

from surveys import counting
from surveys.actions.mixing import LOCK_CLASS
from surveys.models import Response, Round, Stratum, schema_of

CHUNK = 2000


class Difference(NamedTuple):
    """A stratum whose summary is not what its responses add up to: (area code, sex, age band, mode) and both."""

    round: Round
    key: tuple
    kept: tuple
    counted: tuple


def counted(round):
    """{(area id, sex, age band, mode): (n, counts)} of a round's responses."""
    schema = schema_of(round.version)
    found = {}
    rows = Response.objects.filter(round=round).values_list(
        "area_id", "sex", "age_band", "mode", "is_proxy", "answers"
    )
    for *key, is_proxy, answers in rows.iterator(chunk_size=CHUNK):
        n, counts = found.get(tuple(key), (0, {}))
        added = counting.counts_of(schema, answers, is_proxy=is_proxy)
        for name, number in added.items():
            counts[name] = counts.get(name, 0) + number
        found[tuple(key)] = n + 1, counts
    return found


def wrong(round):
    """[Difference] of a round; finishing waits meanwhile."""
    with transaction.atomic():
        _alone(round)
        kept = {tuple(row[:4]): (row[4], row[5]) for row in _kept(round)}
        made = counted(round)
    empty = (0, {})
    return [
        Difference(round, key, kept.get(key, empty), made.get(key, empty))
        for key in sorted(kept.keys() | made.keys(), key=str)
        if not _is_same(kept.get(key, empty), made.get(key, empty))
    ]


def rebuild(round):
    """Make the strata of a round anew; returns how many."""
    with transaction.atomic():
        _alone(round)
        Stratum.objects.filter(round=round).delete()
        made = counted(round)
        Stratum.objects.bulk_create(
            Stratum(round=round, area_id=area, sex=sex, age_band=band, mode=mode, n=n, counts=counts)
            for (area, sex, band, mode), (n, counts) in made.items()
        )
    return len(made)


def _kept(round):
    return round.strata.values_list("area_id", "sex", "age_band", "mode", "n", "counts")


def _is_same(one, other):
    """Sums of numbers with decimals are equal when they are printed alike."""
    return one[0] == other[0] and _rounded(one[1]) == _rounded(other[1])


def _rounded(counts):
    return {name: round(float(number), 6) for name, number in counts.items() if number}


def _alone(round):
    """Nobody finishes an answer of the round while this transaction runs (mixing.hold_still)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, round.pk])


def in_words(difference):
    """One line for the command: where, and what stands against what."""
    area, *rest = difference.key
    where = " ".join(str(part) for part in (area or "-", *rest) if part)
    kept, made = (json.dumps(side, ensure_ascii=False, sort_keys=True) for side in difference[2:])
    return f"{difference.round.title} {where}：计数 {kept}，答卷 {made}"
