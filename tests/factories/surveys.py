"""The smallest questionnaire and round."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from surveys import schema as schemas
from surveys.actions import questionnaires, rounds, strata
from surveys.models import Mode, Response, Round
from surveys.schema import Kind, Meaning, Measure, Option, Question, Schema, Section

AWARE = Question(
    name="heard",
    kind=Kind.SINGLE,
    label="您知道古交正在创建文明城市吗？",
    options=(
        Option("yes", "知道", is_positive=True),
        Option("some", "听说过", is_positive=True),
        Option("no", "不知道"),
        Option("unsure", "不清楚", meaning=Meaning.UNSURE),
    ),
    is_required=True,
    measure=Measure.AWARENESS,
)
WISHES = Question(name="wishes", kind=Kind.LONG_TEXT, label="您还有什么想说的？")
FORM = Schema(name="form", title="创城问卷", sections=(Section(questions=(AWARE, WISHES)),))
ALL_MODES = [mode.value for mode in Mode]


def questionnaire_of(by, town, schema=FORM, title="创城问卷"):
    """A published questionnaire; gives the version."""
    made = questionnaires.create(town=town, by=by, title=title, schema=schemas.dump(schema))
    return questionnaires.publish(version=made.versions.get(), by=by, seen_edits=0)


def round_of(
    by,
    net,
    *,
    schema=FORM,
    title="创城问卷",
    populations=None,
    cells=None,
    modes=ALL_MODES,
    wanted=None,
    opened=True,
):
    """A round of the net's two villages that began yesterday, with its frame declared and, unless told, open.

    `title` is the title of its questionnaire, which is made along with it.
    """
    today = timezone.localdate()
    made = rounds.create(
        town=net.town,
        by=by,
        version=questionnaire_of(by, net.town, schema, title),
        title="2026 年下半年",
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=30),
        modes=[mode for mode in modes if mode != Mode.HOUSEHOLD],
    )
    populations = populations or {net.village: 6000, net.other_village: 3000}
    made = rounds.declare_frame(round=made, by=by, populations=populations, cells=cells or {}, wanted=wanted)
    return rounds.open_round(round=made, by=by) if opened else made


def told(round, *groups):
    """Answers by the hundred, past the counting of each: groups of (how many, answers, what is known of them).

    The strata are rebuilt behind them, and the round is over, as results want it.
    """
    for n, answers, known in groups:
        Response.objects.bulk_create(
            Response(pk=uuid4(), round=round, answers=answers, digest="-", **({"mode": Mode.TOKEN} | known))
            for _ in range(n)
        )
    strata.rebuild(round)
    Round.objects.filter(pk=round.pk).update(state=Round.State.CLOSED)
    round.refresh_from_db()
    return round
