"""A questionnaire written as a workbook of three sheets."""

import io
from collections.abc import Iterator

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from surveys.schema.model import SCALE_POINTS, Kind, Meaning, Order, Question, Schema

SURVEY = (
    *("type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message"),
    *("appearance", "parameters", "measure", "keeps", "theme"),
)
CHOICES = ("list_name", "name", "label", "meaning", "positive")
SETTINGS = ("form_title", "form_id", "intro", "thanks")
_TYPES = {
    Kind.SINGLE: "select_one",
    Kind.SCALE3: "select_one",
    Kind.SCALE5: "select_one",
    Kind.MULTIPLE: "select_multiple",
    Kind.RANKING: "rank",
    Kind.NUMBER: "decimal",
    Kind.SHORT_TEXT: "text",
    Kind.LONG_TEXT: "text",
    Kind.DATE: "date",
    Kind.NOTE: "note",
}

Row = dict[str, str]


def write(schema: Schema) -> bytes:
    """The .xlsx file of a questionnaire that passes `check`. Every cell is text, so that no words become a formula."""
    book = Workbook(write_only=True)
    _sheet(book, "survey", SURVEY, _survey(schema))
    _sheet(book, "choices", CHOICES, _choices(schema))
    settings = {
        "form_title": schema.title,
        "form_id": schema.name,
        "intro": schema.intro,
        "thanks": schema.thanks,
    }
    _sheet(book, "settings", SETTINGS, iter([settings]))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _sheet(book: Workbook, title: str, columns: tuple[str, ...], rows: Iterator[Row]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, column, is_head=True) for column in columns])
    for row in rows:
        sheet.append([_cell(sheet, row.get(column, "")) for column in columns])


def _cell(sheet: WriteOnlyWorksheet, text: str, *, is_head: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet)
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.number_format = "@"
    if is_head:
        cell.font = Font(bold=True)
    return cell


def _survey(schema: Schema) -> Iterator[Row]:
    for section in schema.sections:
        if section.name:
            yield {
                "type": "begin_group",
                "name": section.name,
                "label": section.title,
                "relevant": section.relevance,
            }
        yield from (_question(question) for question in section.questions)
        if section.name:
            yield {"type": "end_group"}


def _question(question: Question) -> Row:
    return {
        "type": _type(question),
        "name": question.name,
        "label": question.label,
        "hint": question.hint,
        "required": "yes" if question.is_required else "",
        "relevant": question.relevance,
        "constraint": question.constraint,
        "constraint_message": question.constraint_message,
        "appearance": _appearance(question),
        "parameters": "randomize=true" if question.order == Order.ROTATED else "",
        "measure": question.measure.value if question.measure else "",
        "keeps": " ".join(sorted(meaning.value for meaning in question.keeps)),
        "theme": question.theme,
    }


def _type(question: Question) -> str:
    """Each question has its own list of choices, under its own name: what is positive belongs to the question."""
    if question.is_whole:
        return "integer"
    word = _TYPES[question.kind]
    if not question.options:
        return word
    return f"{word} {question.name}" + (" or_other" if question.other else "")


def _appearance(question: Question) -> str:
    if question.kind in SCALE_POINTS:
        return "likert"
    return "multiline" if question.kind == Kind.LONG_TEXT else ""


def _choices(schema: Schema) -> Iterator[Row]:
    for question in schema.questions():
        for option in question.options:
            yield {
                "list_name": question.name,
                "name": option.name,
                "label": option.label,
                "meaning": "" if option.meaning == Meaning.PLAIN else option.meaning.value,
                "positive": "yes" if option.is_positive else "",
            }
