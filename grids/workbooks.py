"""Workbooks whose words are text. Loaded by the first that is asked for: an export in a thousand requests is no reason
to hold the library in every worker (15 MB)."""

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font


def write(file, sheets, *, numbers=False):
    """See `reporting.write_workbook`."""
    book = Workbook(write_only=True)
    for title, columns, rows in sheets:
        sheet = book.create_sheet(title[:31])
        sheet.freeze_panes = "A2"
        sheet.append([_cell(sheet, column, bold=True) for column in columns])
        for row in rows:
            sheet.append([value if numbers and _is_number(value) else _cell(sheet, value) for value in row])
    book.save(file)


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
