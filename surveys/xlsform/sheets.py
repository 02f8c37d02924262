"""The sheets of somebody's workbook as rows of text, under the names XLSForm gives its columns."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

MAX_BYTES = 2_000_000
MAX_UNPACKED = 40_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 60
SHEETS = ("survey", "choices", "settings")
# What XLSForm keeps in further sheets; any other sheet is nobody's but its author's.
_OTHER_SHEETS = frozenset({"external_choices", "entities", "osm"})

# Other spellings of XLSForm's columns; spaces, dots and case are evened out before.
_ALIASES = {
    "survey": {"relevance": "relevant", "caption": "label", "constraining_message": "constraint_message"},
    "choices": {"value": "name", "caption": "label", "list": "list_name"},
    "settings": {
        "title": "form_title",
        "set_form_title": "form_title",
        "id": "form_id",
        "set_form_id": "form_id",
    },
}
_TRANSLATED = frozenset({"label", "hint", "constraint_message"})


class RowProblem(NamedTuple):
    """One thing that keeps a workbook from being imported; row 0 is the sheet as a whole, no sheet the file."""

    sheet: str
    row: int
    message: str


class Unreadable(Exception):
    """A file that is no workbook, or too large a one; the message is for the office."""


@dataclass
class Sheet:
    """The rows of a sheet that hold anything, each with its number and its cells by column."""

    name: str
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)

    def complain(self, row: int, message: str) -> None:
        self.problems.append(RowProblem(self.name, row, message))


def sheets(data: bytes) -> dict[str, Sheet]:
    """The three sheets by name, empty where the workbook has none. Raises Unreadable."""
    _look_at_size(data)
    found = {name: Sheet(name) for name in SHEETS}
    # Loaded by the first who brings a workbook: see grids.workbooks.
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        for worksheet in book.worksheets:
            name = worksheet.title.strip().casefold()
            if name in found:
                _read(found[name], worksheet)
            elif name in _OTHER_SHEETS:
                found["survey"].complain(0, f"不支持工作表“{name}”，请删去。")
    except Exception:
        # A damaged workbook makes its reader raise whatever its parsers raise: there is no list of it.
        raise Unreadable("这个文件打不开，请用 Excel 或 WPS 另存为 .xlsx 后再上传。") from None
    return found


def _look_at_size(data: bytes) -> None:
    """A workbook is a zip file, which can be small and unpack to very much."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"文件超过 {MAX_BYTES // 1_000_000} MB。")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(member.file_size for member in packed.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Unreadable("这不是 Excel 工作簿，请上传 .xlsx 文件。") from None
    if unpacked > MAX_UNPACKED:
        raise Unreadable("这个文件展开后太大。")


def _read(sheet: Sheet, worksheet: Any) -> None:
    lines = worksheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS + 1)
    columns = _columns(sheet, [_text(cell) for cell in next(lines, ())])
    for number, cells in enumerate(lines, start=2):
        if number > MAX_ROWS:
            sheet.complain(number, f"超过 {MAX_ROWS} 行，后面的没有读。")
            return
        row = {}
        for at, cell in enumerate(cells):
            text = _text(cell)
            if not text:
                continue
            if cell.data_type in ("f", "e"):
                sheet.complain(number, f"“{columns.get(at, '')}”列是公式或出错的值，请改成文字。")
            elif at in columns:
                row[columns[at]] = text
            else:
                sheet.complain(number, f"第 {at + 1} 列没有列名。")
        if row:
            sheet.rows.append((number, row))


def _columns(sheet: Sheet, heads: list[str]) -> dict[int, str]:
    """Names by position. One language of labels is read as the label; a second stays a column of its own."""
    found: dict[int, str] = {}
    if any(heads[MAX_COLUMNS:]):
        sheet.complain(1, f"超过 {MAX_COLUMNS} 列，后面的没有读。")
    plain = {_column(sheet.name, head) for head in heads}
    for at, head in enumerate(heads):
        if not head:
            continue
        name = _column(sheet.name, head)
        base = name.split("::")[0]
        if base in _TRANSLATED and base not in plain and base not in found.values():
            name = base
        if name in found.values():
            sheet.complain(1, f"列名“{head[:40]}”重复。")
        else:
            found[at] = name
    return found


def _column(sheet: str, head: str) -> str:
    name = "_".join(head.split()).casefold() if "::" not in head else head.strip()
    return _ALIASES[sheet].get(name, name)


def _text(cell: Any) -> str:
    """A cell as it reads. A whole number that Excel keeps as 1.0 is 1."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def unsupported(row: dict[str, str], known: frozenset[str]) -> Iterator[str]:
    """Words for each cell in a column that says nothing to us."""
    for column, text in row.items():
        if column not in known:
            yield f"不支持“{column[:40]}”列（这里写着“{text[:20]}”），请清空。"
