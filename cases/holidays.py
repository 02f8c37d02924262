"""A year's holidays as an office types or pastes them, one day or span a line. Pure.

2027-01-01 休 元旦
2月5日至2月11日 休 春节
2月7日（星期日） 上班 调休
"""

import re
from datetime import date, timedelta

_DAY = r"(?:(?P<{0}y>\d{{4}})[-/.年])?(?:(?P<{0}m>\d{{1,2}})[-/.月])?(?P<{0}d>\d{{1,2}})日?"
_LINE = re.compile(
    _DAY.format("a")
    + rf"(?:\s*(?:至|到|~|～|—+)\s*{_DAY.format('b')})?"
    + r"\s*[:：,，]?\s*(?P<what>放假|休息|休|正常上班|上班|补班|班)(?P<rest>.*)"
)
_WEEKDAY = re.compile(r"[（(](?:星期|周)[一二三四五六日天][)）]")
LONGEST_SPAN = 60  # days; a longer one is a slip of the pen


class Unreadable(ValueError):
    """A line that says no day; `str()` is a sentence for the page."""


def read(text, year):
    """{day: (is_workday, note)} of the lines, all within the year. Raises Unreadable naming the line."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        plain = _WEEKDAY.sub("", line).strip()
        if not plain:
            continue
        for day, said in _line(plain, year, number):
            if found.get(day, said) != said:
                raise Unreadable(f"第 {number} 行：{day:%m-%d} 前面已经写过，两处不一样。")
            found[day] = said
    return found


def _line(plain, year, number):
    match = _LINE.fullmatch(plain)
    if match is None or match["am"] is None:
        raise Unreadable(f"第 {number} 行看不懂，请写成“{year}-01-01 休 元旦”或“2月5日至2月11日 休 春节”。")
    try:
        first = date(int(match["ay"] or year), int(match["am"]), int(match["ad"]))
        last = first
        if match["bd"]:
            last = date(int(match["by"] or first.year), int(match["bm"] or first.month), int(match["bd"]))
    except ValueError as error:
        raise Unreadable(f"第 {number} 行：没有这一天。") from error
    if {first.year, last.year} != {year}:
        raise Unreadable(f"第 {number} 行：不是 {year} 年的日子。")
    if not first <= last <= first + timedelta(days=LONGEST_SPAN):
        raise Unreadable(f"第 {number} 行：起止日期不对。")
    works = match["what"] in ("正常上班", "上班", "补班", "班")
    note = match["rest"].strip(" \t,，。；;（）()")[:30]
    return [(first + timedelta(days=n), (works, note)) for n in range((last - first).days + 1)]
