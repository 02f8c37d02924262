"""A questionnaire tried out as residents will see it, by whoever has the link. Nothing is stored."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache

from surveys.forms.answers import AnswerForm
from surveys.models import Version, schema_of

BACK, ON = "back", "on"


@login_not_required
@never_cache
def preview(request, token):
    """Page by page; what was answered goes along in the page itself, and conditions are evaluated here."""
    version = get_object_or_404(Version, preview_token=token)
    schema = schema_of(version)
    form, is_done, status = _page(request, schema, token)
    context = {"version": version, "schema": schema, "form": form, "is_done": is_done, "token": token}
    response = render(request, "surveys/preview.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _page(request, schema, token):
    """The form to show, whether the end is reached, and the status."""
    if request.method != "POST":
        first = next(iter(AnswerForm(schema, seed=token).pages), None)
        return AnswerForm(schema, seed=token, page=first), False, 200
    page = request.POST.get("page", "")
    page = int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 0
    posted = AnswerForm(schema, request.POST, seed=token, page=page)
    if request.POST.get("go") == BACK:
        return AnswerForm(schema, initial=posted.answers, seed=token, page=posted.previous or 0), False, 200
    if not posted.is_valid():
        return posted, False, 422
    if posted.following is not None:
        return AnswerForm(schema, initial=posted.answers, seed=token, page=posted.following), False, 200
    wrong = posted.first_wrong_page
    if wrong is not None and wrong != page:
        return AnswerForm(schema, request.POST, seed=token, page=wrong), False, 422
    return posted, True, 200
