"""What becomes of a second content under a known uuid."""

from django.db import transaction

from grids.models import FieldConflict


@transaction.atomic
def save_as_new(*, conflict, by, action, **told):
    """Record the kept content as a fact of its own by its action, once; returns the field record.

    `told` goes to the action; its envelope carries a new uuid.
    """
    conflict = FieldConflict.objects.select_for_update(of=("self",)).get(pk=conflict.pk)
    if conflict.saved_as is None:
        conflict.saved_as = action(by=by, **told).record
        conflict.save(update_fields=["saved_as"])
    return conflict.saved_as
