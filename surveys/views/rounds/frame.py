"""How many people may be asked: the declared frame, and the sample's size reckoned before one's eyes."""

from typing import NamedTuple

from django.contrib import messages
from django.shortcuts import redirect, render

from grids import access
from grids.exceptions import DomainError, StaleVersion
from grids.views.scoped import permission_required
from grids.views.submitting import posted, status_of
from surveys import frames, rates
from surveys.actions import rounds
from surveys.forms.rounds import FrameForm
from surveys.models import Round
from surveys.views.rounds.listing import round_or_404, seen_again

P = access.Permission
NOT_KNOWN = frames.Known({}, {})


class Look(NamedTuple):
    """What the numbers make: the formula, the target, each village's quota, and what does not add up."""

    formula: frames.Formula
    target: int
    quotas: dict
    cells: dict
    words: str


@permission_required(P.RUN_SURVEY)
def round_frame(request, uuid):
    """People by village and by age and sex; `look` in the post reckons without saving."""
    found = round_or_404(request, uuid)
    if found.state != Round.State.DRAFT:
        messages.info(request, "已经开始的调查不能再改人数。")
        return redirect(found)
    known = frames.known_adults(found.town) if request.method != "POST" else NOT_KNOWN
    form = FrameForm(posted(request), user=request.user, round=found, known=known)
    is_looking, theirs = "look" in request.POST, []
    if request.method == "POST" and form.is_valid() and not is_looking:
        had = found.sample.exists()
        theirs = _declare(request, found, form)
        if theirs is None:
            redraw = had and not found.sample.exists()
            messages.success(request, f"已保存。{'配额变了，请重新抽样。' if redraw else ''}")
            return redirect(found)
    look = look_of(found, form)
    context = {"round": found, "form": form, "look": look, "theirs": theirs, "is_known": bool(known.areas)}
    context["rows"] = [(place, field, look and look.quotas.get(place)) for place, field in form.areas]
    context["lines"] = [
        (words, [(field, look and look.cells.get(field.name)) for field in fields])
        for words, fields in form.lines
    ]
    status = 409 if theirs else 200 if is_looking and not form.errors else status_of(form)
    return render(request, "surveys/round_frame.html", context, status=status)


def _declare(request, round, form):
    """None when saved; else what stands now beside what was typed, which may be nothing to show."""
    try:
        rounds.declare_frame(
            round=round,
            by=request.user,
            populations=form.populations,
            cells=form.cells,
            wanted=form.cleaned_data["wanted"],
            seen_edits=form.cleaned_data["seen_edits"],
        )
    except StaleVersion:
        seen_again(form, round)
        areas = round.areas.select_related("area").order_by("area__code")
        return [
            ("目标份数", round.target_n or "还没有定"),
            *((area.area.name, f"{area.population:,} 人") for area in areas),
        ]
    except DomainError as error:
        form.add_error(None, str(error))
        return []
    return None


def look_of(round, form):
    """What is typed so far makes; None where there is nobody."""
    populations, cells = form.populations, form.cells
    total = sum(populations.values())
    if not total:
        return None
    formula = frames.formula(round, total)
    wanted = form.cleaned_data.get("wanted") if form.is_bound else form.initial.get("wanted")
    target = max(formula.needed, min(wanted or 0, total))
    quotas = rates.allocate(target, {place: n for place, n in populations.items() if n})
    of_age = sum(cells.values())
    shares = rates.allocate(target, cells) if of_age >= target else {}
    words = ""
    if of_age and of_age != total:
        words = f"年龄性别表合计 {of_age:,} 人，和各村合计 {total:,} 人差 {abs(of_age - total):,} 人。"
    named = {f"cell-{sex}-{band}": n for (sex, band), n in shares.items()}
    return Look(formula, target, quotas, named, words)
