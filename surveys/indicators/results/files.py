"""The answers of a round as files: a workbook with its dictionary, CSV, and CSV with SPSS syntax."""

import csv
import io
import tempfile
import zipfile
from typing import NamedTuple

from grids.reporting import csv_cell, write_workbook

BOM = "\ufeff"
# Larger files than this go to disk while they are written.
IN_MEMORY = 8 * 2**20
RULES = (
    "每行一份答卷，次序随机，没有时间、编号和地址。",
    "村/社区、性别、年龄、方式、代填只至少 5 份相同时给出，村/社区还要满 30 份；其余留空，各村行数与结果页不同。",
    "文字回答另放一处，次序随机，与答卷行不对应；其中较长的号码已隐去。",
    "方式为“扫码（海报）”的是自愿参加，不要与其他方式合并计算。",
    "不附权数：权数会透露留空的村和年龄。加权结果以结果页为准。",
)


class Format(NamedTuple):
    extension: str
    content_type: str


FORMATS = {
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": Format("csv", "text/csv; charset=utf-8"),
    "spss": Format("zip", "application/zip"),
}


def answers_file(data, kind):
    """An open file of the wanted kind, at its beginning; whoever sends it closes it."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    {"xlsx": _workbook, "csv": _csv, "spss": _spss}[kind](data, file)
    file.seek(0)
    return file


def _worded(data):
    """The rows in words: what is coded as its label."""
    labels = [dict(variable.values) if variable.values else None for variable in data.variables]
    for row in data.rows():
        yield [
            value if names is None or value is None else names.get(value, value)
            for value, names in zip(row, labels, strict=True)
        ]


def _heads(data):
    return [variable.label for variable in data.variables]


def dictionary(data):
    """One line for each code of each variable."""
    for variable in data.variables:
        about = [variable.name, variable.question, variable.label, variable.kind]
        for code, label in variable.values or [("", "")]:
            yield [*about, code, label]


DICTIONARY_HEADS = ("变量", "题目名", "说明", "题型", "编码", "含义")


def _workbook(data, file):
    write_workbook(
        file,
        [
            ("答卷", _heads(data), _worded(data)),
            ("数据字典", DICTIONARY_HEADS, dictionary(data)),
            ("开放回答", ("题目", "回答"), data.texts()),
            ("说明", ("怎么读这些数据",), [[rule] for rule in RULES]),
        ],
        numbers=True,
    )


def _write_csv(file, heads, rows):
    """Rows into a binary file, with the mark that spreadsheets read as UTF-8."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    text.write(BOM)
    writer = csv.writer(text)
    writer.writerow([csv_cell(head) for head in heads])
    for row in rows:
        writer.writerow(["" if value is None else csv_cell(value) for value in row])
    text.detach()


def _csv(data, file):
    _write_csv(file, _heads(data), _worded(data))


def _spss(data, file):
    """answers.csv in codes, answers.sps that reads and labels it, the words, and the rules."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("answers.csv", "w", force_zip64=True) as member:
            _write_csv(member, [variable.name for variable in data.variables], data.rows())
        archive.writestr("answers.sps", BOM + syntax(data.variables))
        with archive.open("open_answers.csv", "w", force_zip64=True) as member:
            _write_csv(member, ("题目", "回答"), data.texts())
        archive.writestr("说明.txt", BOM + "\r\n".join(RULES) + "\r\n")


# What SPSS takes at most of a variable's and of a value's label, in bytes of UTF-8.
VARIABLE_LABEL, VALUE_LABEL = 255, 119


def quoted(text, most):
    """A label between apostrophes, on one line and not longer than SPSS reads."""
    line = " ".join(str(text).split())
    cut = line.encode()[:most].decode(errors="ignore")
    return "'" + cut.replace("'", "''") + "'"


def _format(variable):
    if variable.name == "village":
        return "A12"
    if variable.kind == "日期":
        return "SDATE10"
    return "F3.0" if variable.values or variable.kind == "排序" else "F14.4"


def syntax(variables):
    """The commands that read answers.csv beside them and name what the codes mean."""
    lines = [
        "* 用法：先把 SPSS 的工作目录（CD）设为解压后的文件夹，再运行本文件。.",
        "GET DATA",
        "  /TYPE=TXT",
        "  /FILE='answers.csv'",
        "  /ENCODING='UTF8'",
        "  /ARRANGEMENT=DELIMITED",
        "  /DELIMITERS=','",
        "  /QUALIFIER='\"'",
        "  /FIRSTCASE=2",
        "  /VARIABLES=",
        *(f"    {variable.name} {_format(variable)}" for variable in variables),
        "  .",
        "VARIABLE LABELS",
        *(f"  {variable.name} {quoted(variable.label, VARIABLE_LABEL)}" for variable in variables),
        "  .",
        "VALUE LABELS",
    ]
    slash = " "
    for variable in variables:
        if variable.values:
            lines.append(f"  {slash}{variable.name}")
            lines += [
                f"    {quoted(code, 12) if variable.name == 'village' else code} {quoted(label, VALUE_LABEL)}"
                for code, label in variable.values
            ]
            slash = "/"
    return "\r\n".join([*lines, "  .", "EXECUTE.", ""])
