"""How the asking went: what became of the sampled households and of the codes, and who led the interviews."""

from django.db.models import Count, Q

from surveys.models import SampledHousehold, Token, TokenBatch

State = SampledHousehold.State
# 不符合 was never to be asked, 配额满 and 备用 were not needed: they say nothing of who is willing to answer.
COUNTED_STATES = (State.DONE, State.REFUSED, State.ABSENT, State.WAITING)


def fieldwork_of(round):
    """{what: how many} of a round, as plain numbers; three queries. Void batches do not count."""
    states = dict(round.sample.values_list("state").annotate(n=Count("pk")).order_by("state"))
    sample = {state.value: states.get(state.value, 0) for state in State}
    batches = TokenBatch.objects.filter(round=round, is_void=False)
    tokens = Token.objects.filter(batch__in=batches).aggregate(
        issued=Count("pk"), used=Count("pk", filter=Q(is_used=True))
    )
    tallies = list(round.tallies.values_list("read_out", "self_filled"))
    return {
        "sample": sample,
        "done": sample[State.DONE],
        "counted": sum(sample[state] for state in COUNTED_STATES),
        "read_out": sum(read for read, _ in tallies),
        "self_filled": sum(own for _, own in tallies),
        "most_by_one": max((read + own for read, own in tallies), default=0),
        "interviewers": len(tallies),
        **tokens,
    }
