"""The chain of the audit log, read in the database: where it ends, and where it breaks.

Each entry's digest is sha256 over the previous digest and the row (`audit_digest`, migration 0002), ids have no
gaps. A changed or removed entry breaks the chain; removing the newest ones does not, which is why an auditor
notes the head and later asks whether the noted entry still stands.
"""

from typing import NamedTuple

from django.db import connection


class Link(NamedTuple):
    """One entry's id and digest."""

    id: int
    digest: str


_BREAK = """
SELECT id, position
FROM (
    SELECT e.id, e.digest,
           row_number() OVER chain AS position,
           audit_digest(coalesce(lag(e.digest) OVER chain, ''), e) AS expected
    FROM grids_auditentry e
    WINDOW chain AS (ORDER BY e.id)
) AS checked
WHERE id <> position OR digest <> expected
ORDER BY id
LIMIT 1
"""


def head():
    """The newest entry, or None while the log is empty."""
    rows = _rows("SELECT id, digest FROM grids_auditentry ORDER BY id DESC LIMIT 1")
    return Link(*rows[0]) if rows else None


def first_break():
    """What is wrong with the first entry that does not fit the chain, in words, or "". Reads the whole log once."""
    rows = _rows(_BREAK)
    if not rows:
        return ""
    entry, position = rows[0]
    if entry != position:
        return f"第 {position} 条缺失，紧接着的是第 {entry} 条。"
    return f"第 {entry} 条与链不符，内容或次序被改动过。"


def stands(link):
    """Whether a head that was noted down is still part of the log."""
    return _rows("SELECT id FROM grids_auditentry WHERE id = %s AND digest = %s", link) != []


def _rows(sql, given=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()
