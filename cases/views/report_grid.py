"""Which grid the phone stands in, for a report that is still being written: proposed, never decided."""

from django.shortcuts import render
from django.views.decorators.http import require_POST

from cases.forms.report import CaseForm, LikelyForm
from grids import access
from grids.models import Grid, Tier
from grids.views.scoped import permission_required

P = access.Permission


@require_POST
@permission_required(P.REPORT_CASE)
def case_grid(request):
    """The field of the grid with the one chosen in which the posted position lies, and what was found in words."""
    position = LikelyForm(request.POST, user=request.user)
    position.is_valid()
    longitude, latitude = (position.cleaned_data.get(name) for name in ("lng", "lat"))
    known = longitude is not None and latitude is not None
    place = _place_at(request.user, longitude, latitude) if known else None
    form = CaseForm(user=request.user, initial={"grid": request.POST.get("grid", "")})
    if "grid" in form.fields and place:
        within = form.fields["grid"].queryset.filter(code__startswith=place.code)
        codes = list(within.values_list("code", flat=True)[:2])
        if place.code in codes or len(codes) == 1:
            form.initial["grid"] = codes[0]
    context = {"form": form, "found": _words(place, form.initial["grid"])}
    return render(request, "cases/report_grid.html", context)


def _place_at(user, longitude, latitude):
    """The smallest place of the user's whose boundary holds the point, villages included; None where none does."""
    from grids import geometry

    drawn = Grid.objects.visible_to(user, P.REPORT_CASE).open()
    drawn = drawn.filter(tier__gte=Tier.AREA, boundary__isnull=False)
    code = geometry.point_in(longitude, latitude, drawn.values_list("code", "boundary"))
    return drawn.defer("boundary").filter(code=code).first() if code else None


def _words(place, chosen):
    if place is None:
        return "这个位置不在您的网格边界里，请自己选。"
    sample = "（示例边界，请核对）" if place.boundary_is_sample else ""
    if chosen.startswith(place.code):
        return f"按位置选了{place.name}{sample}，不对可以改。"
    return f"您在{place.name}{sample}，请选网格。"
