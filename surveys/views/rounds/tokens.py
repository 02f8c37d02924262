"""Codes on paper: batches of slips with a code each, shown once; and the poster everybody may scan."""

import segno
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from grids import access
from grids.models import TownProfile
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import submitted
from surveys import links, progress
from surveys import schema as schemas
from surveys.actions import tokens
from surveys.exceptions import AlreadyPrinted
from surveys.forms.rounds import LARGE, SMALL, BatchForm
from surveys.models import Mode, Round, TokenBatch, schema_of
from surveys.views.rounds.listing import round_or_404

P = access.Permission
# Slips on a sheet of A4, by layout: two across and five down, three across and seven down.
ON_A_SHEET = {LARGE: 10, SMALL: 21}


@permission_required(P.RUN_SURVEY)
def round_tokens(request, uuid):
    """What was printed and how much of it was used, and the form of the next batch."""
    found = round_or_404(request, uuid)
    return _page(request, found, BatchForm(user=request.user, round=found))


def _page(request, round, form, status=200):
    batches = progress.batches(round)
    context = {
        "round": round,
        "form": form,
        "batches": batches,
        "may_print": round.state != Round.State.CLOSED and Mode.TOKEN in round.modes,
        "slips": sum(batch.size for batch in batches if not batch.is_void),
        "used": sum(batch.used for batch in batches),
    }
    return render(request, "surveys/round_tokens.html", context, status=status)


@never_cache
@sensitive_variables("codes", "sheets", "slips", "context")
@permission_required(P.RUN_SURVEY)
def round_token_sheet(request, uuid):
    """A new batch, laid out to be printed: the one time its codes are seen. Reloading prints no second one."""
    found = round_or_404(request, uuid)
    if request.method != "POST":
        return redirect("round_tokens", found.uuid)
    form = BatchForm(request.POST, user=request.user, round=found)
    made, again = [], []

    def act(form):
        try:
            made.extend(tokens.print_batch(round=found, by=request.user, **form.values()))
        except AlreadyPrinted as known:
            again.append(str(known))

    if not submitted(request, form, act):
        return _page(request, found, form, status=422)
    if again:
        messages.warning(request, again[0])
        return redirect("round_tokens", found.uuid)
    batch, codes = made
    layout = form.cleaned_data["layout"]
    slips = [(tokens.dashed(code), qr_of(request, links.code_address(code))) for code in codes]
    size = ON_A_SHEET[layout]
    context = {
        "round": found,
        "batch": batch,
        "layout": layout,
        "sheets": [slips[at : at + size] for at in range(0, len(slips), size)],
        "typing": short_address(request, links.typing_address()),
        "last_day": form.cleaned_data["last_day"],
    }
    return render(request, "surveys/token_sheet.html", context)


def qr_of(request, path, error="m"):
    """A picture of the absolute address, as a data address for an image."""
    url = request.build_absolute_uri(path)
    return segno.make(url, error=error, micro=False).svg_data_uri(border=2, omitsize=True)


def short_address(request, path):
    """An address as people type it."""
    return request.build_absolute_uri(path).partition("://")[2]


@require_POST
@permission_required(P.RUN_SURVEY)
def round_batch_void(request, uuid, batch):
    """A lost batch opens nothing any more."""
    found = round_or_404(request, uuid)
    row = visible_or_404(
        TokenBatch, request.user, P.RUN_SURVEY, related=("round__town",), round=found, uuid=batch
    )
    tokens.void_batch(batch=row, by=request.user)
    messages.success(request, f"第 {row.number} 批已作废，没用过的码都不能再用；已收的答卷不受影响。")
    return redirect("round_tokens", found.uuid)


@permission_required(P.RUN_SURVEY)
def round_poster(request, uuid):
    """One page of A4 with a code for everybody."""
    found = round_or_404(request, uuid)
    if not found.poster_code or Mode.POSTER not in found.modes:
        raise Http404
    path, schema = links.poster_address(found.poster_code), schema_of(found.version)
    profiles = TownProfile.objects.visible_to(request.user, P.RUN_SURVEY)
    context = {
        "round": found,
        "qr": qr_of(request, path, error="q"),
        "address": short_address(request, path),
        "schema": schema,
        "minutes": -(-schemas.estimated_seconds(schema) // 60),
        "profile": profiles.filter(town=found.town).first(),
    }
    return render(request, "surveys/round_poster.html", context)
