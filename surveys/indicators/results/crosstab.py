"""Two questions against each other, from the responses; small cells are hidden, small options taken together."""

from django.db.models import Count
from django.db.models.fields.json import KeyTextTransform

from surveys.indicators.results.breakdowns import columns_of
from surveys.indicators.results.hiding import shown_groups, table
from surveys.indicators.results.summaries import Group
from surveys.models import SELF_SELECTED, Response
from surveys.schema.model import CHOOSE_ONE


def crossable(schema):
    """The questions that can be laid against each other: those of one choice."""
    return [question for question in schema.questions() if question.kind in CHOOSE_ONE]


def crosstab(round, down, across):
    """The table of two questions over those who answered both, posters left out, or None; one query.

    {"n", "columns", "rows": [{label, n, cells}]}; a hidden cell is None. A whole table that would have to hide its own
    totals is None.
    """
    rows = Response.objects.filter(round=round).exclude(mode__in=SELF_SELECTED)
    rows = rows.annotate(
        down=KeyTextTransform(down.name, "answers"), across=KeyTextTransform(across.name, "answers")
    )
    counted = rows.exclude(down=None).exclude(across=None).values_list("down", "across")
    found = {(one, other): n for one, other, n in counted.annotate(n=Count("pk")).order_by()}
    groups = [Group(option.name, option.label, None) for option in down.options]
    sizes = {}
    for (one, _), n in found.items():
        sizes[one] = sizes.get(one, 0) + n
    shown, together = shown_groups(groups, sizes)
    columns = columns_of(across)[:-1]
    seen = table(shown, together, columns, lambda group, name: found.get((group.key, name), 0))
    if seen is None:
        return None
    return {
        "n": sum(row.n for row in seen.rows),
        "columns": [column.label for column in seen.columns],
        "rows": [{"label": row.label, "n": row.n, "cells": list(row.cells)} for row in seen.rows],
    }
