"""The household sample: drawn with a seed that is kept, listed by village, printed for who knocks at the doors."""

import secrets
from itertools import groupby

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render

from grids import access, names
from grids.views.scoped import permission_required
from grids.views.submitting import posted, status_of, submitted
from surveys import samples
from surveys.actions import sampling
from surveys.forms.rounds import DrawForm
from surveys.models import Mode, Round, SampledHousehold
from surveys.views.rounds.listing import round_or_404

P = access.Permission
PAGE = 100


@permission_required(P.RUN_SURVEY)
def round_sample(request, uuid):
    """The draw and its list; `area` narrows it to a village, `print` lays it out on paper."""
    found = round_or_404(request, uuid)
    form = DrawForm(posted(request), initial={"seed": secrets.randbelow(1_000_000)})
    is_draft = found.state == Round.State.DRAFT

    def act(form):
        n = sampling.draw(round=found, by=request.user, seed=form.cleaned_data["seed"])
        messages.success(request, f"抽好了，共 {n} 户，种子 {form.cleaned_data['seed']} 已留底。")

    if submitted(request, form, act):
        return redirect(request.path)
    # Addresses and names are opened by the residents' permission alone, not by running a survey.
    rows = SampledHousehold.objects.visible_to(request.user, P.SEE_HOUSEHOLDS).filter(round=found)
    villages = samples.by_village(rows)
    area = request.GET.get("area", "")
    chosen = next((one for one in villages if one["area__code"] == area), None)
    if chosen:
        rows = rows.filter(area__code=area)
    context = {"round": found, "form": form, "is_draft": is_draft, "villages": villages, "chosen": chosen}
    context["has_frame"] = found.areas.exists()
    context["is_asked"] = Mode.HOUSEHOLD in found.modes
    if "print" in request.GET:
        return _printed(request, rows, context)
    page = Paginator(samples.with_doors(rows), PAGE).get_page(request.GET.get("page"))
    context |= {"page": page, "rows": [_masked(row) for row in page]}
    return render(request, "surveys/round_sample.html", context, status=status_of(form))


def _printed(request, rows, context):
    by_village = groupby(samples.with_doors(rows), lambda row: row.area)
    sheets = [(village, [_masked(row) for row in drawn]) for village, drawn in by_village]
    return render(request, "surveys/round_sample_print.html", context | {"sheets": sheets})


def _masked(row):
    """A drawn household with enough of the head's name to find the door."""
    return row, names.mask_name(row.head_name) if row.head_name else ""
