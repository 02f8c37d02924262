"""What is done with a result: freeze it, put it up for everybody, take it out as a file."""

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from grids import access
from grids.exceptions import DomainError
from surveys.actions import results
from surveys.indicators.results import has_result
from surveys.indicators.results.files import FORMATS, answers_file
from surveys.indicators.results.microdata import Microdata
from surveys.views.results.pages import round_or_404

P = access.Permission


@require_POST
def freeze(request, uuid):
    """By POST: the result is kept with its digest, for good."""
    round = round_or_404(request, uuid)
    access.require(request.user, P.RUN_SURVEY, round.town)
    try:
        results.freeze(round=round, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "结果已定稿，以后不再变。需要时可以公示。")
    return redirect("round_results", round.uuid)


@require_POST
def publish(request, uuid):
    """By POST: `public` 1 puts the frozen result up, 0 takes it down."""
    round = round_or_404(request, uuid)
    access.require(request.user, P.RUN_SURVEY, round.town)
    public = request.POST.get("public") == "1"
    try:
        results.set_public(round=round, by=request.user, public=public)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "结果已公示，谁都能看。" if public else "公示已撤下。")
    return redirect("round_results", round.uuid)


@require_GET
def export(request, uuid):
    """`?format=xlsx|csv|spss`: the answers as a file, recoded so that no row points at a person; audited."""
    round = round_or_404(request, uuid)
    access.require(request.user, P.EXPORT, round.town)
    kind = request.GET.get("format")
    kind = kind if kind in FORMATS else "xlsx"
    if not has_result(round):
        messages.error(request, "调查结束以后才能导出答卷。")
        return redirect("round_results", round.uuid)
    data = Microdata(round)
    if not data.is_enough:
        messages.error(request, "有效答卷不足 30 份，不导出答卷。")
        return redirect("round_results", round.uuid)
    results.log_answers_export(round=round, by=request.user, rows=data.n, kind=kind)
    chosen = FORMATS[kind]
    name = f"{round.title} 答卷{timezone.localdate():%Y%m%d}.{chosen.extension}"
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return FileResponse(answers_file(data, kind), content_type=chosen.content_type, headers=headers)
