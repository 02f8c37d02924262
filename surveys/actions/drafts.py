"""What was answered so far under a code, to go on with on this phone or another."""

import json

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from grids.crypto import CannotOpen, seal_for, unseal_for
from surveys.actions import mixing
from surveys.actions.tokens import plain
from surveys.exceptions import TokenUsed
from surveys.models import Round, Token, TokenDraft

_LABEL = "survey.draft"


@transaction.atomic
def keep(*, token, code, told):
    """Keep what somebody told so far, which JSON can hold. Raises TokenUsed where the code was used meanwhile."""
    mixing.hold_still(token.batch.round_id)
    # The lock that finishing takes, too: no draft is written behind its back.
    if not list(Token.objects.select_for_update().filter(pk=token.pk, is_used=False).values_list("pk")):
        raise TokenUsed
    sealed = seal_for(plain(code), json.dumps(told, ensure_ascii=False), label=_LABEL)
    TokenDraft.objects.update_or_create(token=token, defaults={"told_sealed": sealed})


def told_under(*, token, code):
    """What was kept under the code, or None."""
    draft = TokenDraft.objects.filter(token=token).first()
    if draft is None:
        return None
    try:
        return json.loads(unseal_for(plain(code), draft.told_sealed, label=_LABEL))
    except CannotOpen:
        return None


def clear():
    """Delete what nobody can finish any more; how many."""
    today = timezone.localdate()
    over = Q(token__batch__is_void=True) | Q(token__batch__expires_on__lte=today)
    over |= Q(token__batch__round__state=Round.State.CLOSED) | Q(token__batch__round__ends_on__lte=today)
    return TokenDraft.objects.filter(over).delete()[0]
