"""Taking away what the order of rows in storage might tell.

A response and the token, household or paper sheet it came of are written by one transaction, and PostgreSQL remembers
with each row which transaction wrote it and where it lies. So now and then all rows of a round are written anew, in a
random order and by one transaction: what wrote them, and in what order, is then the same for all. Once a day
(`daily`), when a round is closed, and before a result is frozen.
"""

from django.db import connection, transaction

from surveys.models import InterviewerTally, PaperSheet, Response, Round, SampledHousehold, Token

# Class of our advisory locks (grids.management uses 140181, 1 and 2).
LOCK_CLASS = 140182

_REWRITE = """
WITH gone AS (DELETE FROM {table} WHERE {condition} RETURNING *)
INSERT INTO {table} SELECT * FROM gone ORDER BY random()
"""
_OF_ROUND = "round_id = %s"
_OF_BATCH = "batch_id IN (SELECT id FROM surveys_tokenbatch WHERE round_id = %s)"
# SampledHousehold, InterviewerTally and PaperSheet have generated keys, which an INSERT may only repeat when told so.
_MIXED = (
    (Response, _OF_ROUND, False),
    (Token, _OF_BATCH, False),
    (SampledHousehold, _OF_ROUND, True),
    (InterviewerTally, _OF_ROUND, True),
    (PaperSheet, _OF_ROUND, True),
)


def hold_still(round_id):
    """While this transaction runs nobody mixes the round; many may hold still at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [LOCK_CLASS, round_id])


@transaction.atomic
def mix(*, round: Round):
    """Write all rows of the round anew in a random order; waits for those who are just finishing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, round.pk])
        for model, condition, has_generated_key in _MIXED:
            statement = _REWRITE.format(table=model._meta.db_table, condition=condition)
            if has_generated_key:
                statement = statement.replace("SELECT * FROM", "OVERRIDING SYSTEM VALUE SELECT * FROM")
            cursor.execute(statement, [round.pk])


def mix_open_rounds():
    """Mix every round that takes or took answers and is not frozen yet; returns how many."""
    rounds = Round.objects.exclude(state=Round.State.DRAFT).filter(frozen__isnull=True)
    for round in rounds:
        mix(round=round)
    return len(rounds)
