"""Rendering rows for the office: workbooks whose cells are text, lines of CSV. Knows no tables."""

import io


def workbook(title, columns, rows):
    """The bytes of an .xlsx file with one sheet. Every cell is typed as text, so that no words become a formula."""
    written = io.BytesIO()
    write_workbook(written, [(title, columns, rows)])
    return written.getvalue()


def write_workbook(file, sheets, *, numbers=False):
    """Write (title, columns, rows) one after another into a file; rows may be drawn from the database as they go.

    With `numbers`, ints and floats are cells that can be reckoned with; words are text, whatever they look like.
    """
    from grids import workbooks

    workbooks.write(file, sheets, numbers=numbers)


# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_cell(value):
    """A cell of a CSV file: words that look like a formula are quoted, numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
