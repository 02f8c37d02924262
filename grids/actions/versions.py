"""Editing a row that carries a `version`: lock it, refuse a stale copy, write what changed, say what changed."""

from grids import names
from grids.exceptions import StaleVersion


def _length(text):
    return f"（{len(text)} 字）" if text else ""


def _plain(value):
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value is None else str(value)


def _month(day):
    return f"{day:%Y-%m}-**" if day else ""


# How a personal value is written into the audit log; other fields are written as they are.
MASKS = {
    "name": names.mask_name,
    "phone": names.mask_phone,
    "id_number": names.mask_id_number,
    "born_on": _month,
    "address": names.mask_address,
    "workplace": names.mask_address,
    "note": _length,
    "difficulties": _length,
    "help_given": _length,
    "longitude": lambda value: "（有）" if value is not None else "",
    "latitude": lambda value: "（有）" if value is not None else "",
}

# Sealed attributes are no model fields and so have no verbose name of their own.
LABELS = {"phone": "电话", "id_number": "身份证号"}


def label_of(model, field):
    """The name of a field as pages and the audit log write it."""
    return LABELS.get(field) or model._meta.get_field(field).verbose_name


def masked(model, field, value):
    """A field's value as the audit log may keep it."""
    mask = MASKS.get(field)
    if mask:
        return mask(value) if value is not None else ""
    choices = dict(model._meta.get_field(field).flatchoices)
    return _plain(choices.get(value, value))


def locked(row, seen_version):
    """The row as it stands, locked for this transaction; raises StaleVersion if it moved on since it was shown."""
    current = type(row)._base_manager.select_for_update().get(pk=row.pk)
    if current.version != seen_version:
        raise StaleVersion
    return current


def put(row, values):
    """Assign what differs; returns {field name in Chinese: [old, new]}, masked, for the audit log."""
    changes = {}
    for field, new in values.items():
        old = getattr(row, field)
        if old != new:
            setattr(row, field, new)
            model = type(row)
            changes[label_of(model, field)] = [masked(model, field, old), masked(model, field, new)]
    return changes


def first_values(model, values):
    """The audit log's account of a new row: every value that was given, masked."""
    return {
        label_of(model, field): ["", masked(model, field, value)]
        for field, value in values.items()
        if value not in (None, "", False)
    }
