"""Questionnaires as XLSForm workbooks, out and in. Pure, but for the bytes.

Our own columns stand beside those of XLSForm: `measure`, `keeps` and `theme` in `survey`, `meaning` and `positive` in
`choices`, `intro` and `thanks` in `settings`; other programs pass over them. What XLSForm can say and we cannot is
listed by row, and then nothing is imported.
"""

from surveys.schema import Schema
from surveys.xlsform.reading import Imported, read
from surveys.xlsform.sheets import RowProblem


def write(schema: Schema) -> bytes:
    """The bytes of a workbook: `writing.write`, loaded by the first who asks (grids.workbooks)."""
    from surveys.xlsform import writing

    return writing.write(schema)


__all__ = ["Imported", "RowProblem", "read", "write"]
