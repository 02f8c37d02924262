"""意见反馈: from the link at the foot of every page; the office reads and answers, the author sees the answer."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator

from grids import access
from grids.actions import feedback as actions
from grids.forms.feedback import AnswerForm, FeedbackForm, page_from
from grids.models import Feedback
from grids.views.scoped import permission_required, visible_or_404
from grids.views.submitting import posted, status_of, submitted

P = access.Permission

PAGE = 30
OWN = 20


def feedback(request):
    """Say something, and read what became of what one said before. For every signed-in person."""
    page = page_from(request.GET.get("from", ""))
    form = FeedbackForm(posted(request), initial={"page": page})
    if submitted(request, form, lambda form: actions.give(by=request.user, **form.cleaned_data)):
        messages.success(request, "谢谢您，意见已经收到。有了答复会显示在这里。")
        return redirect("feedback")
    context = {
        "form": form,
        "page": page,
        "own": request.user.feedback.select_related("answered_by").order_by("-created_at", "-pk")[:OWN],
        "may_read": access.can(request.user, P.READ_FEEDBACK),
    }
    return render(request, "grids/feedback.html", context, status=status_of(form))


@permission_required(P.READ_FEEDBACK)
def feedback_list(request):
    """What people said, the unanswered first by default."""
    rows = Feedback.objects.visible_to(request.user, P.READ_FEEDBACK).select_related("by", "answered_by")
    waiting = rows.filter(answered_at=None)
    show_all = request.GET.get("show") == "all"
    shown = (rows if show_all else waiting).order_by("-created_at", "-pk")
    address = reverse("feedback_list")
    context = {
        "page": Paginator(shown, PAGE).get_page(request.GET.get("page")),
        "tabs": [
            {"label": "待答复", "url": address, "n": waiting.count(), "current": not show_all},
            {"label": "全部", "url": f"{address}?show=all", "n": rows.count(), "current": show_all},
        ],
    }
    return render(request, "grids/feedback_list.html", context)


@permission_required(P.READ_FEEDBACK)
def answer(request, uuid):
    """Write the answer that the author will read."""
    row = visible_or_404(Feedback, request.user, P.READ_FEEDBACK, uuid=uuid)
    form = AnswerForm(posted(request), initial={"answer": row.answer})
    if submitted(
        request,
        form,
        lambda form: actions.answer(feedback=row, by=request.user, words=form.cleaned_data["answer"]),
    ):
        messages.success(request, f"已答复：{Truncator(row.words).chars(20)}")
        return redirect("feedback_list")
    context = {"row": row, "form": form}
    return render(request, "grids/feedback_answer.html", context, status=status_of(form))
