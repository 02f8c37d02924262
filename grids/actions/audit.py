"""Writing the audit log. Call it last in an action: the entry takes the chain's lock until commit."""

from grids.models import AuditEntry, Grid


def log(action, *, by, grid=None, obj=None, label="", changes=None, reason=""):
    """Append one entry. `grid` decides which auditors see it (default: the actor's town).

    `obj` is the row it is about (its uuid, or code, or id is kept); `label` and `changes` ({field: [old, new]})
    must not hold a full phone or id number: mask them first (grids.names).
    """
    if grid is None and by is not None:
        grid = Grid(pk=by.town_id)
    return AuditEntry.objects.create(
        action=action,
        by=by,
        grid_id=grid and grid.pk,
        object_type=obj._meta.model_name if obj is not None else "",
        object_key=key_of(obj),
        object_label=label or (str(obj)[:120] if obj is not None else ""),
        changes=changes or {},
        reason=reason,
    )


def key_of(obj):
    """The public key under which an object's entries are found."""
    if obj is None:
        return ""
    return str(getattr(obj, "uuid", None) or getattr(obj, "code", None) or obj.pk)
