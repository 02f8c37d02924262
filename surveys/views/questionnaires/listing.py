"""The town's questionnaires, one of them, and how a new one begins."""

from dataclasses import replace

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from grids import access
from grids.exceptions import DomainError
from grids.models import Grid, Tier
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, status_of
from surveys import schema as schemas
from surveys import xlsform
from surveys.actions import questionnaires
from surveys.forms.questionnaires import NewForm
from surveys.models import Questionnaire, schema_of
from surveys.ready import CIVILISED_CITY
from surveys.schema import Schema

P = access.Permission
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BLANK = Schema(
    name="survey",
    title="",
    intro="不记姓名。照您的真实感受选就行。",
    thanks="谢谢您！大家的回答汇总后会公布结果，不会公布任何一个人的回答。",
)


@permission_required(P.RUN_SURVEY)
def questionnaire_list(request):
    """All of them, those in use first."""
    rows = Questionnaire.objects.visible_to(request.user, P.RUN_SURVEY)
    rows = rows.annotate(asked=Count("versions__rounds")).prefetch_related("versions")
    rows = [_shown(row) for row in rows.order_by("-created_at", "-pk")]
    context = {
        "rows": [row for row in rows if not row["questionnaire"].retired_on],
        "retired": [row for row in rows if row["questionnaire"].retired_on],
    }
    return render(request, "surveys/questionnaire_list.html", context)


def _shown(questionnaire):
    """A questionnaire with its newest published version and its draft, from prefetched rows."""
    versions = sorted(questionnaire.versions.all(), key=lambda version: -version.number)
    return {
        "questionnaire": questionnaire,
        "published": next((version for version in versions if not version.is_draft), None),
        "draft": next((version for version in versions if version.is_draft), None),
    }


@permission_required(P.RUN_SURVEY)
def questionnaire(request, uuid):
    """Its versions, and the rounds that ask them."""
    row = visible_or_404(Questionnaire, request.user, P.RUN_SURVEY, related=["town", "created_by"], uuid=uuid)
    versions = list(
        row.versions.select_related("published_by").prefetch_related("rounds").order_by("-number")
    )
    for version in versions:
        version.questionnaire = row
    newest = versions[0]
    schema = schema_of(newest)
    context = {
        "questionnaire": row,
        "versions": versions,
        "draft": newest if newest.is_draft else None,
        "newest": newest,
        "published": next((version for version in versions if not version.is_draft), None),
        "schema": schema,
        "minutes": minutes(schema),
        "asked": asked(schema),
        "rounds": [round for version in versions for round in version.rounds.all()],
    }
    return render(request, "surveys/questionnaire.html", context)


def minutes(schema):
    """The estimate, in minutes with one decimal, rounded up."""
    return -(-schemas.estimated_seconds(schema) * 10 // 60) / 10


def asked(schema):
    """How many questions ask something."""
    return sum(1 for question in schema.questions() if question.kind != schemas.Kind.NOTE)


@permission_required(P.RUN_SURVEY)
def questionnaire_new(request):
    """From the ready one, from nothing, or from a workbook."""
    form = NewForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        town = Grid.objects.visible_to(request.user, P.RUN_SURVEY).tier(Tier.TOWN).order_by("code").first()
        start, title = form.cleaned_data["start"], form.cleaned_data["title"]
        schema = {"ready": CIVILISED_CITY, "blank": BLANK}.get(start) or form.cleaned_data["file"]
        if start != "file":
            schema = replace(schema, title=title)
        try:
            made = questionnaires.create(town=town, by=request.user, title=title, schema=schemas.dump(schema))
        except DomainError as error:
            form.add_error("title", str(error))
        else:
            messages.success(request, "问卷已建立，这是草稿，可以随便改。")
            return redirect("questionnaire_edit", made.uuid)
    return render(request, "surveys/questionnaire_new.html", {"form": form}, status=status_of(form))


@require_POST
@permission_required(P.RUN_SURVEY)
def version_new(request, uuid):
    """A draft that begins as the newest published version."""
    row = visible_or_404(Questionnaire, request.user, P.RUN_SURVEY, uuid=uuid)
    version = questionnaires.new_version(questionnaire=row, by=request.user)
    messages.success(request, f"第 {version.number} 版草稿已打开，已发布的版本不受影响。")
    return redirect("questionnaire_edit", row.uuid)


@require_POST
@permission_required(P.RUN_SURVEY)
def retire(request, uuid):
    """Out of use, or back (`retired` is 1 or 0)."""
    row = visible_or_404(Questionnaire, request.user, P.RUN_SURVEY, uuid=uuid)
    retired = request.POST.get("retired") == "1"
    questionnaires.set_retired(questionnaire=row, by=request.user, retired=retired)
    messages.success(request, f"“{row.title}”已{'停用，进行中的调查不受影响' if retired else '恢复'}。")
    return redirect(row)


@require_GET
@permission_required(P.RUN_SURVEY)
def xlsform_file(request, uuid, number):
    """A version as an XLSForm workbook; a draft with faults says so instead."""
    row = visible_or_404(Questionnaire, request.user, P.RUN_SURVEY, uuid=uuid)
    version = get_object_or_404(row.versions.all(), number=number)
    schema = schema_of(version)
    if schemas.check(schema):
        messages.warning(request, "草稿里还有要改的地方，改好后才能导出 XLSForm。")
        return redirect("questionnaire_edit", row.uuid)
    name = f"{row.title} 第{version.number}版.xlsx"
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(xlsform.write(schema), content_type=XLSX, headers=headers)
