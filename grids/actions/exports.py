"""The audit of what leaves the system as a file."""

from django.db import transaction

from grids.actions import audit
from grids.models import AuditEntry


@transaction.atomic
def log_export(*, by, what, rows, asked):
    """Write down an export: which ledger, how many rows, and the filter that was set."""
    changes = {name: ["", value] for name, value in asked.items()}
    return audit.log(AuditEntry.Action.EXPORT, by=by, label=f"{what} {rows} 行", changes=changes)
