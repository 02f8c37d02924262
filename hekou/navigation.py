"""Where a signed-in person can go: one table, cut to what their permissions open."""

from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from django.urls import Resolver404, resolve, reverse

from grids.access import Permission as P
from grids.access import permissions_of

PLACE_NAME = "河口镇"

# Places an entry may stand in: the phone's bottom bar, the desk's left rail, the phone's 更多 sheet.
BAR, RAIL, MORE = "bar", "rail", "more"
# The bar holds four and 更多; those who do no fieldwork get the next entries they may open.
BAR_ENTRIES = 4


class Entry(NamedTuple):
    """One destination; `permission` None means every signed-in person.

    Who holds `unless` is led elsewhere: the same matter has another first page for them.
    """

    label: str
    url_name: str
    permission: P | None
    icon: str
    places: frozenset[str]
    unless: P | None = None

    def is_for(self, held):
        """Whether somebody with these permissions is shown it."""
        return (self.permission is None or self.permission in held) and self.unless not in held


def _entry(label, url_name, permission, icon, *places, unless=None):
    return Entry(label, url_name, permission, icon, frozenset(places), unless)


# In the order of the rail; the bar reads the same order after its own four.
ENTRIES = (
    _entry("今日", "today", P.LOG_FIELDWORK, "today", BAR),
    # What heads, cadres and the town live in; a leader's late cases; a unit's own. Gridworkers keep 走访 at the thumb.
    _entry("待办", "case_todo", P.REGISTER_CASE, "case", BAR),
    _entry("超期", "case_late", P.SUPERVISE, "clock", BAR, unless=P.REGISTER_CASE),
    _entry("单位事件", "case_unit", P.HANDLE_CASE, "case", BAR, unless=P.REGISTER_CASE),
    _entry("走访", "visit_list", P.SEE_FIELDWORK, "visit", BAR, unless=P.REGISTER_CASE),
    _entry("上报", "case_new", P.REPORT_CASE, "report", BAR),
    _entry("我的网格", "net", P.LOG_FIELDWORK, "grid", BAR),
    _entry("看板", "dashboard", P.SEE_CASES, "dashboard", RAIL, MORE),
    _entry("总览", "office_home", P.SEE_NET, "overview", RAIL, MORE),
    _entry("今日", "today", P.LOG_FIELDWORK, "today", RAIL),
    # One entry on the rail; the lists beside it are tabs of the page.
    _entry("事件", "case_queue", P.DISPATCH_CASE, "case", RAIL),
    _entry("事件", "case_todo", P.SETTLE_CASE, "case", RAIL, unless=P.DISPATCH_CASE),
    _entry("事件", "case_late", P.SUPERVISE, "case", RAIL, unless=P.REGISTER_CASE),
    _entry("事件", "case_unit", P.HANDLE_CASE, "case", RAIL, unless=P.REGISTER_CASE),
    _entry("上报", "case_new", P.REPORT_CASE, "report", RAIL),
    _entry("接报登记", "case_desk", P.LOG_FOR_OTHERS, "phone", RAIL, MORE),
    _entry("待办事件", "case_todo", P.SETTLE_CASE, "case", MORE, unless=P.REGISTER_CASE),
    _entry("受理台", "case_queue", P.DISPATCH_CASE, "case", MORE),
    _entry("待核实", "case_verify", P.VERIFY_CASE, "check", MORE),
    _entry("超期与将超期", "case_late", P.DISPATCH_CASE, "clock", MORE),
    _entry("老大难", "case_hard", P.DISPATCH_CASE, "alert", MORE),
    _entry("老大难", "case_hard", P.SUPERVISE, "alert", MORE, unless=P.DISPATCH_CASE),
    _entry("抽查", "case_checks", P.CLOSE_CASE, "eye", MORE),
    _entry("事件台账", "case_list", P.SEE_CASES, "diary", MORE),
    _entry("走访", "visit_list", P.SEE_FIELDWORK, "visit", RAIL),
    _entry("走访", "visit_list", P.REGISTER_CASE, "visit", MORE),
    _entry("诉求", "concern_list", P.SEE_FIELDWORK, "concern", RAIL, MORE),
    _entry("巡查", "patrol_list", P.SEE_FIELDWORK, "patrol", RAIL, MORE),
    _entry("实地考察", "site_list", P.SEE_FIELDWORK, "inspection", RAIL, MORE),
    _entry("户与人", "household_list", P.SEE_HOUSEHOLDS, "household", RAIL, MORE),
    _entry("查找", "search", P.SEE_HOUSEHOLDS, "search", MORE),
    _entry("民情日记", "diary", P.LOG_FIELDWORK, "diary", RAIL, MORE),
    _entry("我的本月", "diary_month", P.LOG_FIELDWORK, "month", MORE),
    _entry("网格", "net", P.SEE_NET, "grid", BAR, RAIL),
    _entry("网格地图", "net_map", P.SEE_NET, "map", MORE),
    _entry("人员与任职", "staff", P.SEE_STAFF, "staff", RAIL, MORE),
    _entry("问卷", "questionnaire_list", P.RUN_SURVEY, "survey", RAIL, MORE),
    _entry("调查", "round_list", P.SEE_SURVEYS, "poll", RAIL, MORE),
    _entry("问卷访问", "interview_list", P.INTERVIEW, "survey", MORE),
    _entry("走访率", "visit_rate", P.SEE_FIELDWORK, "rate", RAIL, MORE),
    _entry("指标", "figures", P.SEE_NET, "figures", RAIL, MORE),
    _entry("审计", "audit_list", P.SEE_AUDIT, "audit", RAIL, MORE),
    _entry("设置", "settings_care", P.CONFIGURE, "settings", RAIL, MORE),
    _entry("我的账号", "account", None, "account", MORE),
    _entry("帮助", "help", None, "help", RAIL, MORE),
    _entry("意见反馈", "feedback", None, "feedback", MORE),
)


# What pages are called that stand in no menu; a page of neither list is named by the part it lies in.
PAGE_NAMES = {
    "home": "首页",
    "today_evening": "晚上补记",
    "visit_new": "登记走访",
    "visit_pick": "登记走访",
    "visit": "一次走访",
    "patrol_new": "登记巡查",
    "patrol": "一次巡查",
    "concern": "一条诉求",
    "household": "户的页面",
    "household_new": "新建一户",
    "resident": "居民的页面",
    "resident_new": "添加居民",
    "resident_edit": "修改居民",
    "visit_rate_rows": "走访率的名单",
    "net_grid": "网格的页面",
    "net_split": "拆分网格",
    "net_merge": "合并网格",
    "staff_person": "人员的页面",
    "staff_handover": "办理交接",
    "staff_units": "承办单位",
    "audit_entry": "审计明细",
    "case_unit": "单位事件",
    "case_requests": "待批申请",
    "case_tasks": "不满意件",
    "case_bulk_confirm": "确认结果",
    "case_hard_edit": "老大难安排",
    "case_check": "一次抽查",
    "case_check_new": "抽一次",
    "password": "修改密码",
    "feedback_list": "大家的意见",
    "interview": "访问一户",
    "interview_event": "活动现场收答卷",
    "questionnaire": "一份问卷",
    "questionnaire_new": "新建问卷",
    "questionnaire_edit": "编辑问卷",
    "questionnaire_question": "编辑题目",
    "questionnaire_question_new": "加一道题",
    "questionnaire_publish": "发布问卷",
    "round": "一次调查",
    "round_new": "新建调查",
    "round_edit": "修改调查",
    "round_frame": "调查的人数和配额",
    "round_sample": "抽中的住户",
    "round_tokens": "答题码",
    "paper_list": "纸质录入",
    "paper_key": "录一张纸质问卷",
    "paper_second": "复录纸质问卷",
    "paper_differences": "两次录入的差异",
    "round_results": "调查结果",
    "round_question": "一道题的结果",
    "round_crosstab": "交叉表",
    "round_open_answers": "开放回答",
    "round_compare": "两次调查比较",
    "public_results": "结果公示",
    "public_result": "结果公示",
}


@dataclass(frozen=True)
class Item:
    """An entry as a page shows it: `current` marks the part of the product the page belongs to."""

    label: str
    url: str
    icon: str
    current: bool


def navigation(request):
    """Context processor: `place_name`, and `nav_items` with the lists `bar`, `rail` and `more`.

    `nav_items` is empty for a person who is not signed in. Error pages may be rendered before a user is
    known, so the request need not carry one.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"place_name": PLACE_NAME, "nav_items": {}}
    held = permissions_of(user)
    allowed = [(entry, url) for entry, url in _resolved() if entry.is_for(held)]
    current = _current_url(request.path, {url for _, url in allowed})
    items = {
        place: [
            Item(entry.label, url, entry.icon, url == current)
            for entry, url in allowed
            if place in entry.places
        ]
        for place in (BAR, RAIL, MORE)
    }
    # A page stands in the bar once, under the first of its names.
    bar = {}
    for item in (*items[BAR], *items[MORE]):
        bar.setdefault(item.url, item)
    items[BAR] = list(bar.values())[:BAR_ENTRIES]
    if not any(item.current for item in items[RAIL]):
        # The page has an entry in 更多 alone; the rail's first of the same folder says which part it belongs to.
        folder = request.path.split("/")[1]
        near = next((item.url for item in items[RAIL] if item.url.split("/")[1] == folder), None)
        items[RAIL] = [replace(item, current=item.url == near) for item in items[RAIL]]
    return {"place_name": PLACE_NAME, "nav_items": items}


def page_name(path):
    """What people call the page at this path; the path itself where nobody has a word for it."""
    try:
        name = resolve(path).url_name
    except Resolver404:
        return path
    if name in PAGE_NAMES:
        return PAGE_NAMES[name]
    # The last of several names is the desk's, which says what the page is headed with.
    labels = {url: entry.label for entry, url in _resolved()}
    url = _current_url(path, set(labels))
    if url is None:
        return path
    return labels[url] if url == path else f"{labels[url]}里的一页"


@cache
def _resolved():
    """The entries with their addresses, which do not change while the server runs."""
    return [(entry, reverse(entry.url_name)) for entry in ENTRIES]


def _current_url(path, urls):
    """The longest of `urls` that the page's path lies under, else one of the same first folder, or None."""
    under = [
        url for url in urls if path == url or (url != "/" and url.endswith("/") and path.startswith(url))
    ]
    folder = path.split("/")[1]
    beside = [url for url in urls if folder and url.split("/")[1] == folder]
    return max(under or beside, key=len, default=None)
