"""New rows by COPY: several times faster than INSERT, under the same constraints and triggers."""

from django.db import connection
from django.db.models.expressions import DatabaseDefault


def reserve(rows):
    """Give rows without a key the next ones of their table's sequence, so that others can point at them."""
    keyless = [row for row in rows if row.pk is None]
    if keyless:
        for row, key in zip(keyless, keys_of(type(keyless[0]), len(keyless)), strict=True):
            row.pk = key
    return rows


def keys_of(model, n):
    """The next n keys of a model's table, in order."""
    meta = model._meta
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [meta.db_table, meta.pk.column, n],
        )
        return [key for (key,) in cursor.fetchall()]


def copy_in(rows):
    """Write new, complete rows of one model and give them back.

    What the database fills by itself is left to it; `auto_now_add` is not: the demo's rows are older than today.
    """
    if not rows:
        return rows
    reserve(rows)
    meta = type(rows[0])._meta
    fields = [
        field
        for field in meta.concrete_fields
        if not isinstance(getattr(rows[0], field.attname), DatabaseDefault)
    ]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    prepared = [(field.attname, field.get_db_prep_save) for field in fields]
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {connection.ops.quote_name(meta.db_table)} ({columns}) FROM STDIN") as stream:
            for row in rows:
                stream.write_row([prepare(getattr(row, name), connection) for name, prepare in prepared])
    for row in rows:
        row._state.adding = False
    return rows
