"""Whether this installation can answer: for a load balancer, for systemd, for `make demo` waiting to be ready."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection, transaction
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)


@require_safe
@never_cache
@login_not_required
@transaction.non_atomic_requests
def healthz(request):
    """200 `{"status": "ok", "database": "ok"}`, or 503 with `unavailable`; the reason goes to the log alone.

    One trivial query. Public: it says nothing that a failing page would not.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("The database does not answer.")
        return JsonResponse({"status": "unavailable", "database": "unavailable"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok"})
