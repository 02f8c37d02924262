"""Rendering rows for the office: workbooks whose cells are text. Knows no tables."""

import io

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font


def workbook(title, columns, rows):
    """The bytes of an .xlsx file with one sheet. Every cell is typed as text, so that no words become a formula."""
    written = io.BytesIO()
    write_workbook(written, [(title, columns, rows)])
    return written.getvalue()


def write_workbook(file, sheets, *, numbers=False):
    """Write (title, columns, rows) one after another into a file; rows may be drawn from the database as they go.

    With `numbers`, ints and floats are cells that can be reckoned with; words are text, whatever they look like.
    """
    book = Workbook(write_only=True)
    for title, columns, rows in sheets:
        sheet = book.create_sheet(title[:31])
        sheet.freeze_panes = "A2"
        sheet.append([_cell(sheet, column, bold=True) for column in columns])
        for row in rows:
            sheet.append([value if numbers and _is_number(value) else _cell(sheet, value) for value in row])
    book.save(file)


# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_cell(value):
    """A cell of a CSV file: words that look like a formula are quoted, numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(sheet, value, bold=False):
    text = "" if value is None else str(value)
    cell = WriteOnlyCell(sheet)
    if not text:
        return cell
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:32_000]
    cell.data_type = "s"
    cell.number_format = "@"
    if bold:
        cell.font = Font(bold=True)
    return cell
