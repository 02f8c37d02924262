"""The town's survey rounds: the list, one round's page with what is still to do, and its beginning and end."""

from typing import NamedTuple

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from grids import access
from grids.exceptions import DomainError, StaleVersion
from grids.models import Grid, Tier
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, status_of, submitted
from surveys import progress
from surveys.actions import rounds
from surveys.forms.rounds import RoundForm, shown_of
from surveys.models import Mode, Round

P = access.Permission
State = Round.State
# What comes along with a round on each of its pages.
WITH = ("town", "version__questionnaire")


def round_or_404(request, uuid):
    """The round of an address, for whom runs surveys."""
    return visible_or_404(Round, request.user, P.RUN_SURVEY, related=WITH, uuid=uuid)


@permission_required(P.SEE_SURVEYS)
def round_list(request):
    """All of them, the newest first, with how many answered; who runs none is led to what came out."""
    found = Round.objects.visible_to(request.user, P.SEE_SURVEYS).select_related("version__questionnaire")
    # A frozen result and the questions are long, and none of them is read here.
    found = list(found.defer("frozen", "version__schema").order_by("-starts_on", "-pk"))
    answers = progress.answers_of(found)
    rows = [(one, answers.get(one.pk, 0), state_of(one)) for one in found]
    may_run = access.can(request.user, P.RUN_SURVEY)
    return render(request, "surveys/round_list.html", {"rows": rows, "may_run": may_run})


def state_of(round):
    """(words, tone) of where it stands today, for its badge."""
    today = timezone.localdate()
    if round.state == State.OPEN and today < round.starts_on:
        return f"{round.starts_on:%-m月%-d日}开始", "info"
    if round.state == State.OPEN and today >= round.ends_on:
        return "日期已过，待结束", "warn"
    tones = {State.DRAFT: "warn", State.OPEN: "good", State.CLOSED: "plain"}
    return round.get_state_display(), tones[State(round.state)]


@permission_required(P.RUN_SURVEY)
def round_new(request):
    """A round in preparation; `?version=` is the questionnaire that somebody comes from."""
    asked = {"version": request.GET.get("version", "")}
    form = RoundForm(posted(request), user=request.user, initial=asked)
    town = Grid.objects.visible_to(request.user, P.RUN_SURVEY).tier(Tier.TOWN).order_by("code").first()
    made = []

    def act(form):
        made.append(rounds.create(town=town, by=request.user, **form.values()))

    if submitted(request, form, act):
        messages.success(request, "已建立，按下面的清单一步步准备。")
        return redirect(made[0])
    context = {"form": form, "heading": "新建调查", "label": "建立"}
    return render(request, "surveys/round_form.html", context, status=status_of(form))


@permission_required(P.RUN_SURVEY)
def round_edit(request, uuid):
    """Its title, questions, days and modes, while it is prepared. Where somebody saved meanwhile, both are shown."""
    found = round_or_404(request, uuid)
    if request.method != "POST" and found.state != State.DRAFT:
        messages.info(request, "已经开始的调查不能再改；可以结束它，另开一次。")
        return redirect(found)
    form = RoundForm(posted(request), user=request.user, round=found)
    theirs = []

    def act(form):
        try:
            seen = form.cleaned_data["seen_edits"]
            rounds.update(round=found, by=request.user, seen_edits=seen, **form.values())
        except StaleVersion:
            theirs.extend(stale(form, found))

    if submitted(request, form, act) and not theirs:
        messages.success(request, "已保存。")
        return redirect(found)
    context = {"form": form, "round": found, "heading": "修改调查", "label": "保存", "theirs": theirs}
    return render(request, "surveys/round_form.html", context, status=409 if theirs else status_of(form))


def stale(form, round):
    """Let the next press mean the newer state; gives what is kept now, in words, for beside what was typed."""
    seen_again(form, round)
    kept = shown_of(round)
    return [
        ("名称", kept["title"]),
        ("问卷", f"{round.version.questionnaire.title} 第 {round.version.number} 版"),
        ("日期", f"{round.starts_on:%Y-%m-%d} 至 {round.last_day:%Y-%m-%d}"),
        ("怎么收", "、".join(Mode(mode).label for mode in round.modes)),
        ("宣传语", round.notice),
        ("允许误差", f"±{kept['error']} %"),
        ("设计效应", kept["effect"]),
    ]


def seen_again(form, round):
    """Say that somebody saved meanwhile; what is typed goes on from the newer state."""
    round.refresh_from_db()
    form.data = form.data.copy()
    form.data["seen_edits"] = round.edits
    form.add_error(None, "这次调查刚被别人改过。下面是您填的，上面是现在保存着的；核对后再按一次保存。")


class Step(NamedTuple):
    """One thing to do before a round begins; `state` is done, current or todo."""

    name: str
    why: str
    url: str
    action: str
    state: str


def steps_of(round, areas, drawn, batches):
    """What is still to do, the next one first to be pressed. `drawn` counts households, `batches` printings."""
    here = [round.uuid]
    people = sum(area.population for area in areas)
    steps = [
        (
            "填各村人数，算配额",
            f"共 {people:,} 人，要收 {round.target_n} 份" if areas else "人数定了，样本量和各村配额自动算出",
            reverse("round_frame", args=here),
            "填人数",
            bool(areas),
        )
    ]
    if Mode.HOUSEHOLD in round.modes:
        why = f"已抽 {drawn} 户，种子 {round.seed}" if drawn else "选了入户：按配额随机抽户，另抽备用户"
        steps.append(("抽取住户", why, reverse("round_sample", args=here), "抽样", drawn > 0))
    if Mode.TOKEN in round.modes:
        live = [batch for batch in batches if not batch.is_void]
        slips = sum(batch.size for batch in live)
        why = f"已印 {len(live)} 批 {slips} 张" if live else "选了一人一码：印成小条，每张只能答一次"
        steps.append(("印答题码", why, reverse("round_tokens", args=here), "去印", bool(live)))
    steps = [list(step) for step in steps]
    following = next((step for step in steps if not step[4]), None)
    return [Step(*s[:4], "done" if s[4] else "current" if s is following else "todo") for s in steps]


@permission_required(P.RUN_SURVEY)
def round_page(request, uuid):
    """What is still to do before it begins; how far it is afterwards."""
    found = round_or_404(request, uuid)
    areas, dispositions = progress.by_area(found), progress.dispositions(found)
    drawn, batches = sum(row.n for row in dispositions), progress.batches(found)
    words, tone = state_of(found)
    context = {
        "round": found,
        "state": words,
        "tone": tone,
        "modes": [Mode(mode).label for mode in found.modes],
        "areas": areas,
        "drawn": drawn,
        "batches": batches,
        "is_draft": found.state == State.DRAFT,
        "has_paper": Mode.PAPER in found.modes,
        "has_poster": Mode.POSTER in found.modes,
        "now": timezone.localtime(),
    }
    if found.state == State.DRAFT:
        context["steps"] = steps_of(found, areas, drawn, batches)
        context["is_ready"] = all(step.state == "done" for step in context["steps"] if step.action != "去印")
    else:
        context |= _progress(found, dispositions)
    return render(request, "surveys/round.html", context)


def _progress(round, dispositions):
    modes = progress.by_mode(round)
    interviewers = progress.interviewers(round)
    chosen, everything = progress.counted_answers(round)
    return {
        "by_mode": modes,
        "chosen": chosen,
        "everything": everything,
        "target_words": f"目标 {round.target_n} 份",
        "lines": progress.by_cell(round),
        "dispositions": dispositions,
        "interviewers": interviewers,
        "all_interviewers": progress.Interviewer(
            "合计", sum(one.self_filled for one in interviewers), sum(one.read_out for one in interviewers)
        ),
        "sheets": progress.sheets(round),
    }


@permission_required(P.RUN_SURVEY)
def round_open(request, uuid):
    """A last look at what beginning means, and the press that does it."""
    found = round_or_404(request, uuid)
    if found.state != State.DRAFT:
        messages.info(request, f"这次调查的状态已变化：{found.get_state_display()}。")
        return redirect(found)
    refusal = ""
    if request.method == "POST":
        try:
            rounds.open_round(round=found, by=request.user)
        except DomainError as error:
            refusal = str(error)
        else:
            messages.success(request, "调查已开始。")
            return redirect(found)
    context = {"round": found, "refusal": refusal, "modes": [Mode(mode).label for mode in found.modes]}
    context["areas"] = progress.by_area(found)
    context["is_early"] = found.starts_on > timezone.localdate()
    return render(request, "surveys/round_open.html", context, status=409 if refusal else 200)


@permission_required(P.RUN_SURVEY)
def round_close(request, uuid):
    """What ending means, and the press that does it."""
    found = round_or_404(request, uuid)
    if found.state != State.OPEN:
        messages.info(request, f"这次调查的状态已变化：{found.get_state_display()}。")
        return redirect(found)
    if request.method == "POST":
        rounds.close_round(round=found, by=request.user)
        messages.success(request, "调查已结束，不再收答卷。")
        return redirect(found)
    chosen, everything = progress.counted_answers(found)
    sheets = progress.sheets(found)
    waiting = sum(n for state, n in sheets.items() if state != "done")
    context = {"round": found, "chosen": chosen, "everything": everything, "waiting": waiting}
    return render(request, "surveys/round_close.html", context)
