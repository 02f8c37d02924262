"""A round whose questions go over several pages, its codes, and a sample of doors."""

from datetime import timedelta

from django.utils import timezone

from surveys.actions import rounds, sampling, tokens
from surveys.models import Mode
from surveys.schema import Kind, Question, Schema, Section
from tests.factories import HouseholdFactory
from tests.factories.surveys import AWARE, WISHES, questionnaire_of, round_of

WHY = Question("why", Kind.SHORT_TEXT, "为什么没听说过？", is_required=True)
TALK = Schema(
    "talk",
    "创城居民问卷",
    intro="照您的真实感受选就行。",
    thanks="您的意见我们会认真看。",
    sections=(
        Section("creating", "创城", (AWARE,)),
        Section("unheard", "没听说的", (WHY,), "${heard} = 'no'"),
        Section("say", "说说", (WISHES,)),
    ),
)


def talk_of(by, net, **given):
    """An open round of TALK, with something to read at the end."""
    round = round_of(by, net, schema=TALK, **given)
    round.notice = "文明创建，你我同行"
    round.save(update_fields=["notice"])
    return round


def codes_of(round, by, size=1, area=None):
    """(batch, codes) of a fresh printing."""
    return tokens.print_batch(round=round, by=by, size=size, expires_on=round.ends_on, area=area)


def sampled_round(by, net, *, wanted=2, doors=4, schema=TALK, cells=None, title="入户调查"):
    """An open round that asks households: `wanted` doors of the village to visit, as many again in reserve."""
    for number in range(doors):
        HouseholdFactory(grid=net.grid, address=f"沟底村 {number + 1} 号")
    today = timezone.localdate()
    made = rounds.create(
        town=net.town,
        by=by,
        version=questionnaire_of(by, net.town, schema, title=title),
        title=title,
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=30),
        modes=[Mode.HOUSEHOLD.value, Mode.EVENT.value],
    )
    made = rounds.declare_frame(round=made, by=by, populations={net.village: wanted}, cells=cells or {})
    sampling.draw(round=made, by=by, seed=7)
    made.refresh_from_db()
    return rounds.open_round(round=made, by=by)


def door_of(cast, net):
    """A household of the grid in the sample of an open round that also stands at events."""
    asked = sampled_round(cast.town_officer, net, title="抽样调查")
    asked.sample.filter(position=0).update(grid=net.grid)
    return asked.sample.get(position=0)
