"""The audit log: read by auditors, changed by nobody."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from grids import access, audit_chain
from grids.actions import spot_checks
from grids.forms.audit import PRESETS, AuditFilterForm, DrawForm
from grids.models import AuditEntry
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, status_of, submitted
from grids.views.typed import takes_typed

P = access.Permission

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(P.SEE_AUDIT)
@takes_typed("by", "label")
def audit_list(request):
    """The log, newest first, fifty a page; pages go on by the last id, which costs the same however far back."""
    form = AuditFilterForm(request.filters, user=request.user)
    entries = form.narrow(AuditEntry.objects.visible_to(request.user, P.SEE_AUDIT))
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        entries = entries.filter(pk__lt=int(before))
    page = list(entries.select_related("by", "grid").order_by("-pk")[: PAGE + 1])
    context = {
        "form": form,
        "entries": page[:PAGE],
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_first_page": not before,
        "tabs": _tabs(request.GET.get("preset", "")),
        "is_narrowed_by_link": form.is_valid() and (form.cleaned_data["person"] or form.cleaned_data["key"]),
        "head": audit_chain.head(),
    }
    return render(request, "grids/audit_list.html", context)


def _tabs(current):
    presets = [("", "全部")] + [(key, label) for key, (label, _) in PRESETS.items()]
    return [
        {"label": label, "url": f"?preset={key}" if key else "?", "current": key == current, "n": None}
        for key, label in presets
    ]


@require_safe
def audit_entry(request, pk):
    """One entry with what it changed."""
    entry = visible_or_404(AuditEntry, request.user, P.SEE_AUDIT, pk=pk)
    changes = [{"name": name, "old": old, "new": new} for name, (old, new) in entry.changes.items()]
    return render(request, "grids/audit_entry.html", {"entry": entry, "changes": changes})


@permission_required(P.SEE_AUDIT)
def audit_draw(request):
    """Draw entries for a spot check; the draw is audited and can be drawn again from its seed."""
    form = DrawForm(posted(request))
    drawn = []

    def act(form):
        given = form.cleaned_data
        drawn.append(
            spot_checks.draw(
                by=request.user,
                start=given["start"],
                last_day=given["end"],
                kinds=given["kinds"],
                size=given["size"],
                seed=given["seed"],
            )
        )

    if submitted(request, form, act):
        return redirect("audit_sheet", drawn[0].pk)
    return render(request, "grids/audit_draw.html", {"form": form}, status=status_of(form))


@require_safe
def audit_sheet(request, pk):
    """The sheet (抽查单) of a draw, for paper: the same entries whenever it is opened."""
    entry = visible_or_404(AuditEntry, request.user, P.SEE_AUDIT, pk=pk, action=AuditEntry.Action.AUDIT)
    given = spot_checks.read(entry)
    context = {
        "entry": entry,
        "given": given,
        "kinds": [AuditEntry.Action(kind).label for kind in given.kinds],
        "total": spot_checks.population(given, request.user).count(),
        "entries": spot_checks.drawn(given, request.user),
        "parties": ["抽查人", "被查单位"],
    }
    return render(request, "grids/audit_sheet.html", context)
