"""The editor: the whole draft on one page, and a small form for each question and section."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from grids import access
from grids.exceptions import DomainError, StaleVersion
from grids.views.scoped import permission_required
from grids.views.submitting import posted, status_of
from surveys import schema as schemas
from surveys.actions import questionnaires
from surveys.forms.answers import AnswerForm
from surveys.forms.questionnaires import AboutForm, ImportForm, SectionForm
from surveys.forms.questions import USUAL, QuestionForm
from surveys.schema import Schema, Section, editing
from surveys.views.questionnaires.drafts import drafting, found, keep_typed, save, saved, undo
from surveys.views.questionnaires.listing import asked, minutes
from surveys.views.questionnaires.shown import Row, outline, summary

P = access.Permission


@permission_required(P.RUN_SURVEY)
@drafting
def edit(request, draft):
    """The draft as it will be asked, each question with what is to be said about it."""
    problems = questionnaires.problems_of(draft.version, draft.schema)
    advice = schemas.lint(draft.schema)
    context = {
        "draft": draft,
        "questionnaire": draft.questionnaire,
        "schema": draft.schema,
        "sections": outline(draft.schema, problems, advice),
        "problems": [text for where, text in problems if not where],
        "advice": [text for where, text in advice if not where],
        "faults": len(problems),
        "asked": asked(draft.schema),
        "minutes": minutes(draft.schema),
    }
    return render(request, "surveys/questionnaire_edit.html", context)


STEPS = {
    "up": lambda schema, name: editing.move(schema, name, -1),
    "down": lambda schema, name: editing.move(schema, name, 1),
    "delete": editing.remove,
    "copy": lambda schema, name: editing.copy(schema, name)[0],
    "section_up": lambda schema, at: editing.move_section(schema, int(at), -1),
    "section_down": lambda schema, at: editing.move_section(schema, int(at), 1),
    "section_delete": lambda schema, at: editing.dissolve_section(schema, int(at)),
}
DONE = {
    "delete": "已删去这道题。",
    "copy": "已复制，复制的题在原题后面。",
    "section_delete": "已去掉这一节，里面的题目还在。",
}


@require_POST
@permission_required(P.RUN_SURVEY)
@drafting
def change(request, draft):
    """One step (`act` is step:name): moved, copied, deleted. The page comes back at the question."""
    step, _, name = request.POST.get("act", "").partition(":")
    seen = request.POST.get("seen_edits", "")
    is_place = _is_small(name) if step.startswith("section_") else bool(name)
    if step not in STEPS or not is_place or not _is_small(seen):
        messages.error(request, "没有改动：这个操作不认识，请刷新后再试。")
        return redirect(draft.url)
    try:
        save(request, draft, found(STEPS[step], draft.schema, name), int(seen))
    except StaleVersion:
        messages.warning(request, "没有改动：这份问卷刚被别人改过，下面是现在的样子，请核对后再操作。")
    except (DomainError, schemas.SchemaError) as error:
        messages.error(request, str(error))
    else:
        saved(request, draft, DONE.get(step, "次序已调整。"))
    return redirect(draft.url + _anchor(draft.schema, step, name))


def _is_small(text):
    """Whether it is a number that a page of ours could hold."""
    return text.isascii() and text.isdigit() and len(text) < 10


def _anchor(schema, step, name):
    """Where the eye was: at the question, or at the one before it where it is gone."""
    if step.startswith("section_"):
        return f"#s-{int(name) + {'section_up': -1, 'section_down': 1}.get(step, 0)}"
    names = [question.name for question in schema.questions()]
    if step == "delete" and name in names:
        return f"#q-{names[max(0, names.index(name) - 1)]}"
    return f"#q-{name}"


@require_POST
@permission_required(P.RUN_SURVEY)
@drafting
def undo_last(request, draft):
    """Take this person's last change back."""
    if undo(request, draft):
        messages.success(request, "已撤销上一次改动。")
    else:
        messages.warning(request, "不能撤销了：这份问卷后来又改过。")
    return redirect(draft.url)


@permission_required(P.RUN_SURVEY)
@drafting
def question_new(request, draft):
    """A question behind another (`after`), or at the end of a section (`section`)."""
    after, section = request.GET.get("after", ""), request.GET.get("section", "")
    if after and draft.schema.question(after) is None:
        # Somebody deleted it meanwhile: the new one goes to the end, nothing typed is lost.
        after = ""
    at = int(section) if _is_small(section) else None
    if at is not None and at >= len(draft.schema.sections):
        at = None
    earlier = _earlier(draft.schema, after=after, section=at)
    form = QuestionForm(
        posted(request), schema=draft.schema, earlier=earlier, initial={"seen_edits": draft.version.edits}
    )

    def place(question):
        return found(editing.insert, draft.schema, question, after=after, section=None if after else at)

    return _question_page(request, draft, form, place, words="已加一道题。")


@permission_required(P.RUN_SURVEY)
@drafting
def question(request, draft, name):
    """One question. Where somebody deleted it while it was being typed, saving brings it back at the end."""
    current = draft.schema.question(name)
    if current is None and request.POST.get("seen_edits", "") in ("", str(draft.version.edits)):
        raise Http404
    earlier = _earlier(draft.schema, before=name) if current else list(draft.schema.questions())
    form = QuestionForm(
        posted(request),
        schema=draft.schema,
        question=current,
        name=name,
        earlier=earlier,
        initial={"seen_edits": draft.version.edits},
    )

    def place(changed):
        if current is None:
            return editing.insert(draft.schema, changed)
        return editing.replace_question(draft.schema, name, changed)

    return _question_page(request, draft, form, place, current=current, words="题目已保存。")


def _earlier(schema, *, after="", section=None, before=""):
    """The questions that stand before a place, which its conditions may ask for."""
    found = []
    for at, part in enumerate(schema.sections):
        if section is not None and not after and not before and at > section:
            return found
        for question in part.questions:
            if question.name == before:
                return found
            found.append(question)
            if question.name == after:
                return found
    return found


def _question_page(request, draft, form, place, *, words, current=None):
    """The form beside its look; `look` in the post shows without saving."""
    is_looking = "look" in request.POST
    if request.method == "POST" and form.is_valid() and not is_looking:
        built = form.built()
        try:
            done = built == current or keep_typed(request, draft, form, place(built))
        except schemas.SchemaError as error:
            form.add_error(None, str(error))
            done = False
        if done:
            if built != current:
                saved(request, draft, words)
            return redirect(f"{draft.url}#q-{built.name}")
    look = form.built() if form.is_bound and hasattr(form, "cleaned_data") else current
    problems = questionnaires.problems_of(draft.version, draft.schema) if current else ()
    is_stale = getattr(form, "is_stale", False)
    context = {
        "draft": draft,
        "questionnaire": draft.questionnaire,
        "form": form,
        "current": current,
        "look": _look(look) if look else None,
        "problems": [text for where, text in problems if where == current.name] if current else [],
        "theirs": summary(draft.schema, current) if is_stale and current else None,
        "usual": USUAL,
        "is_gone": is_stale and current is None and form.own_name,
    }
    return render(request, "surveys/question_form.html", context, status=status_of(form))


def _look(question):
    """How one question will be seen."""
    shown = Schema(name="look", title="", sections=(Section(questions=(replace(question, relevance=""),)),))
    return AnswerForm(shown, seed="look", everything=True)


@permission_required(P.RUN_SURVEY)
@drafting
def section_new(request, draft):
    """A section at the end."""
    form = SectionForm(
        posted(request),
        schema=draft.schema,
        earlier=list(draft.schema.questions()),
        initial={"seen_edits": draft.version.edits},
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = keep_typed(request, draft, form, editing.add_section(draft.schema, form.built()))
        except schemas.SchemaError as error:
            form.add_error(None, str(error))
            done = False
        if done:
            saved(request, draft, "已加一节，接着在里面加题目。")
            return redirect(f"{draft.url}#s-{len(draft.schema.sections)}")
    return _small_page(request, draft, form, "加一节", "加上这一节")


@permission_required(P.RUN_SURVEY)
@drafting
def section(request, draft, at):
    """The title of a section, and when it is shown."""
    current = found(editing.section_at, draft.schema, at)
    earlier = [q for part in draft.schema.sections[:at] for q in part.questions]
    form = SectionForm(
        posted(request),
        schema=draft.schema,
        section=current,
        earlier=earlier,
        initial={"seen_edits": draft.version.edits},
    )
    if request.method == "POST" and form.is_valid():
        if keep_typed(request, draft, form, editing.replace_section(draft.schema, at, form.built())):
            saved(request, draft, "这一节已保存。")
            return redirect(f"{draft.url}#s-{at}")
    theirs = [("标题", current.title), ("显示条件", current.relevance or "总是显示")]
    return _small_page(request, draft, form, f"分节：{current.title or '未命名'}", "保存", theirs)


@permission_required(P.RUN_SURVEY)
@drafting
def about(request, draft):
    """Title, introduction and thanks."""
    schema = draft.schema
    start = {"title": schema.title, "intro": schema.intro, "thanks": schema.thanks, "name": schema.name}
    form = AboutForm(posted(request), initial=start | {"seen_edits": draft.version.edits})
    if request.method == "POST" and form.is_valid():
        if keep_typed(request, draft, form, form.changed(schema)):
            saved(request, draft, "标题和开头语已保存。")
            return redirect(draft.url)
    theirs = [("标题", schema.title), ("开头语", schema.intro), ("结束语", schema.thanks)]
    return _small_page(request, draft, form, "标题、开头语和结束语", "保存", theirs)


def _small_page(request, draft, form, heading, label, theirs=()):
    context = {
        "draft": draft,
        "questionnaire": draft.questionnaire,
        "form": form,
        "heading": heading,
        "label": label,
        "theirs": theirs if getattr(form, "is_stale", False) else None,
    }
    return render(request, "surveys/draft_form.html", context, status=status_of(form))


@permission_required(P.RUN_SURVEY)
@drafting
def import_file(request, draft):
    """A workbook takes the place of all the draft's questions; one press brings them back."""
    form = ImportForm(posted(request), request.FILES or None, initial={"seen_edits": draft.version.edits})
    if request.method == "POST" and form.is_valid():
        if keep_typed(request, draft, form, form.cleaned_data["file"]):
            saved(request, draft, "已导入，替换了草稿里原来的题目。")
            return redirect(draft.url)
    context = {"draft": draft, "questionnaire": draft.questionnaire, "form": form}
    return render(request, "surveys/questionnaire_import.html", context, status=status_of(form))


@permission_required(P.RUN_SURVEY)
@drafting
def publish(request, draft):
    """A last look at what publishing means, and the press that does it."""
    seen = request.POST.get("seen_edits", "")
    refusal = ""
    if request.method == "POST":
        try:
            number = int(seen) if _is_small(seen) else -1
            version = questionnaires.publish(version=draft.version, by=request.user, seen_edits=number)
        except StaleVersion:
            refusal = "没有发布：这份问卷刚被别人改过，请看过现在的样子再发布。"
        except DomainError:
            refusal = "没有发布：下面这些地方要先改好。"
        else:
            messages.success(request, f"第 {version.number} 版已发布，可以用来做调查了。")
            return redirect(draft.questionnaire)
    problems = questionnaires.problems_of(draft.version, draft.schema)
    context = {
        "draft": draft,
        "questionnaire": draft.questionnaire,
        "schema": draft.schema,
        "refusal": refusal,
        "problems": [Row.of(draft.schema, *problem) for problem in problems],
        "advice": [Row.of(draft.schema, *problem) for problem in schemas.lint(draft.schema)],
        "asked": asked(draft.schema),
        "minutes": minutes(draft.schema),
    }
    return render(request, "surveys/questionnaire_publish.html", context, status=422 if refusal else 200)
