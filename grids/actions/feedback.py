"""Words about the system itself, and the office's answer to them."""

from django.db import transaction
from django.utils import timezone

from grids import access
from grids.exceptions import DomainError
from grids.models import Feedback, User

P = access.Permission


@transaction.atomic
def give(*, by: User, words: str, page: str = "") -> Feedback:
    """Keep what somebody says about the system, with the page they came from (a path without a query)."""
    return Feedback.objects.create(town_id=by.town_id, by=by, words=words.strip(), page=page)


@transaction.atomic
def answer(*, feedback: Feedback, by: User, words: str) -> Feedback:
    """Answer; an answer may be written anew by whoever may answer. Raises DomainError for an empty one."""
    access.require(by, P.READ_FEEDBACK, feedback.town_id)
    words = words.strip()
    if not words:
        raise DomainError("请写答复。")
    feedback = Feedback.objects.select_for_update().get(pk=feedback.pk)
    feedback.answer, feedback.answered_by, feedback.answered_at = words, by, timezone.now()
    feedback.save(update_fields=["answer", "answered_by", "answered_at"])
    return feedback
