"""A table of figures as cells of words, for files and for JSON. The page shows the same numbers."""

import csv
import io

from grids.reporting import csv_cell, workbook


def columns(table):
    """The heads: a share brings its two numbers along, a time the number of rows it is of."""
    heads = [table.asked.by.label]
    for figure, cell in zip(table.figures, table.sample, strict=True):
        if cell.d is not None:
            heads += [
                figure.label,
                f"{figure.label}·分子（{figure.unit}）",
                f"{figure.label}·分母（{figure.unit}）",
            ]
        elif cell.is_count:
            heads.append(f"{figure.label}（{figure.unit}）")
        else:
            heads += [f"{figure.label}（{figure.unit}）", f"{figure.label}·件数"]
    return heads


def rows(table):
    """The lines and, last, the total, in words."""
    found = [[line.label, *_words(line.cells)] for line in table.lines]
    if table.total is not None:
        found.append(["合计", *_words(table.total)])
    return found


def _words(cells):
    for cell in cells:
        yield cell.words
        if cell.d is not None:
            yield from (str(cell.n), str(cell.d))
        elif not cell.is_count:
            yield str(cell.n)


def as_csv(table):
    """Bytes with a mark that spreadsheets read as UTF-8; a name that looks like a formula is quoted."""
    written = io.StringIO()
    writer = csv.writer(written)
    for row in (columns(table), *rows(table)):
        writer.writerow([csv_cell(words) for words in row])
    return written.getvalue().encode("utf-8-sig")


def as_workbook(table, title):
    return workbook(title, columns(table), rows(table))


def as_data(table):
    """Plain values for JSON: numbers as they are, definitions beside them."""
    period = table.asked.period
    return {
        "since": period.start.isoformat(),
        "until": period.last_day.isoformat(),
        "by": table.asked.by.value,
        "place": table.asked.place,
        "figures": [
            {
                "key": figure.key,
                "label": figure.label,
                "unit": figure.unit,
                "definition": figure.definition,
                "cohort": figure.cohort,
                "is_rate": "d" in figure.parts,
            }
            for figure in table.figures
        ],
        "lines": [
            {"key": line.key, "label": line.label, "figures": _data(line.cells)} for line in table.lines
        ],
        "total": None if table.total is None else _data(table.total),
    }


def _data(cells):
    return {
        cell.figure.key: {"n": cell.n, "d": cell.d, "value": cell.value, "words": cell.words}
        for cell in cells
    }
