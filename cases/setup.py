"""What a town begins with for its cases: categories with limits, the phone's tiles, the calendar. All local, editable.

Idempotent: a list that the office has begun is the office's; days are added as far as they are announced.
"""

from datetime import date, timedelta

import chinese_calendar

from cases.models import CalendarDay, CaseCategory, CaseRules, ReportTile
from grids.models import Concern, Unit

T = Concern.Theme
U, H, D = (
    CaseCategory.LimitUnit.URGENT_HOURS,
    CaseCategory.LimitUnit.WORKING_HOURS,
    CaseCategory.LimitUnit.WORKING_DAYS,
)

# (code, class, [(code, sub-category, amount, unit of the limit, usual unit)]); codes and limits are local (DOMAIN).
CATEGORIES = (
    (
        "01",
        "市容环境",
        (
            ("0101", "乱堆乱放", 1, D, ""),
            ("0102", "暴露垃圾", 1, D, "环卫站"),
            ("0103", "公厕脏污损坏", 2, D, "环卫站"),
            ("0104", "污水横流", 1, D, "环卫站"),
        ),
    ),
    (
        "02",
        "宣传广告",
        (("0201", "小广告", 2, D, "环卫站"), ("0202", "破损横幅标语", 3, D, "")),
    ),
    (
        "03",
        "施工管理",
        (("0301", "占道施工", 1, D, ""), ("0302", "渣土扬尘", 1, D, "")),
    ),
    (
        "04",
        "突发事件",
        (
            ("0401", "给水管道破裂", 8, H, "供水站"),
            ("0402", "路面塌陷", 8, H, "公路养护站"),
            ("0403", "触电与线路坠落", 2, U, "供电所"),
            ("0404", "房屋倒塌险情", 2, U, "应急管理站"),
        ),
    ),
    (
        "05",
        "街面秩序",
        (("0501", "乱停乱行", 4, H, "派出所"), ("0502", "占道经营", 4, H, "市场监管所")),
    ),
    ("06", "吃水用水", (("0601", "停水", 8, H, "供水站"), ("0602", "水质水压", 2, D, "供水站"))),
    ("07", "供电", (("0701", "停电", 4, H, "供电所"), ("0702", "电线飞线", 3, D, "供电所"))),
    ("08", "村道", (("0801", "路面破损", 5, D, "公路养护站"), ("0802", "路灯不亮", 3, D, ""))),
    ("09", "垃圾清运", (("0901", "垃圾未清运", 8, H, "环卫站"),)),
    ("10", "人居环境", (("1001", "庭院与巷道脏乱", 3, D, ""), ("1002", "旱厕粪污", 3, D, ""))),
    ("11", "矛盾纠纷", (("1101", "邻里纠纷", 5, D, "司法所"), ("1102", "家庭纠纷", 5, D, "司法所"))),
    ("12", "安全隐患", (("1201", "消防通道堵塞", 8, H, "应急管理站"), ("1202", "电动车违规充电", 1, D, ""))),
    ("13", "森林防火", (("1301", "野外用火", 1, U, "林业站"),)),
    ("14", "散煤取暖与一氧化碳", (("1401", "炉具烟囱隐患", 4, U, "应急管理站"),)),
    ("15", "采煤沉陷", (("1501", "地裂与沉陷", 2, D, "自然资源所"),)),
    ("16", "私挖滥采", (("1601", "私挖滥采线索", 4, U, "自然资源所"),)),
    ("17", "防汛地灾", (("1701", "山洪滑坡险情", 1, U, "应急管理站"),)),
    ("18", "自建房", (("1801", "房屋裂缝", 3, D, "应急管理站"),)),
    ("19", "燃气", (("1901", "燃气泄漏隐患", 1, U, "应急管理站"),)),
    ("20", "反诈", (("2001", "诈骗线索", 4, U, "派出所"),)),
    (
        "21",
        "民生诉求",
        (
            ("2101", "老人孩子照料", 3, D, "民政办"),
            ("2102", "看病就医", 3, D, "卫生院"),
            ("2103", "救助补贴", 5, D, "民政办"),
            ("2104", "孩子上学", 5, D, ""),
            ("2105", "其他诉求", 5, D, ""),
        ),
    ),
    ("22", "政策咨询", (("2201", "政策咨询", 2, D, ""),)),
)

FILING = "地点、情况清楚，属于本镇范围。"
CLOSING = "问题已消除或已答复，反映人或邻居可以证实。"

# The villagers' words, a drawing of static/img/icons.svg, the sub-category.
TILES = (
    ("停水", "drop", "0601"),
    ("停电", "bolt", "0701"),
    ("路坏", "road", "0801"),
    ("垃圾", "trash", "0901"),
    ("乱停乱行", "car", "0501"),
    ("邻里纠纷", "dispute", "1101"),
    ("房屋隐患", "visit", "1801"),
    ("火情隐患", "fire", "1301"),
    ("煤气取暖", "stove", "1401"),
    ("山洪滑坡", "slope", "1701"),
    ("老人孩子", "household", "2101"),
    ("其他", "more", "2105"),
)
# The sub-category a concern of each theme becomes a case of.
THEMES = {
    "0601": T.WATER,
    "0701": T.POWER,
    "0801": T.ROAD,
    "1001": T.ENVIRONMENT,
    "1101": T.DISPUTE,
    "1801": T.HOUSING,
    "1401": T.HEATING,
    "2102": T.HEALTH,
    "2104": T.CHILDREN,
    "2103": T.ALLOWANCE,
    "2201": T.POLICY,
    "2105": T.OTHER,
}

FIRST_DAY = date(2025, 1, 1)


def set_up(town):
    """Make what is missing; inside a transaction that holds the town's row."""
    CaseRules.objects.get_or_create(town=town)
    if not town.case_categories.exists():
        _make_categories(town)
    if not town.report_tiles.exists():
        _make_tiles(town)
    enter_days(town)


def _make_categories(town):
    units = dict(Unit.objects.filter(town=town).values_list("name", "pk"))
    for position, (code, name, children) in enumerate(CATEGORIES, 1):
        parent = CaseCategory.objects.create(town=town, code=code, name=name, position=position)
        CaseCategory.objects.bulk_create(
            CaseCategory(
                town=town,
                parent=parent,
                code=child,
                # A class of one sub-category shares its name with it.
                name=label if label != name else f"{label}服务",
                limit_amount=amount,
                limit_unit=unit,
                unit_id=units.get(usual),
                theme=THEMES.get(child, ""),
                filing_rule=FILING,
                closing_rule=CLOSING,
                position=place,
            )
            for place, (child, label, amount, unit, usual) in enumerate(children, 1)
        )


def _make_tiles(town):
    categories = {category.code: category for category in town.case_categories.all()}
    ReportTile.objects.bulk_create(
        ReportTile(town=town, name=name, icon=icon, category=categories[code], position=position)
        for position, (name, icon, code) in enumerate(TILES, 1)
        if code in categories
    )


def enter_days(town):
    """Enter the days whose holidays are announced; what somebody entered stays. Returns how many were added."""
    last = max(chinese_calendar.holidays)
    last = date(last.year, 12, 31)
    known = set(town.calendar_days.values_list("day", flat=True))
    days = (FIRST_DAY + timedelta(days=n) for n in range((last - FIRST_DAY).days + 1))
    fresh = [
        CalendarDay(town=town, day=day, is_workday=chinese_calendar.is_workday(day), note=_note(day))
        for day in days
        if day not in known
    ]
    CalendarDay.objects.bulk_create(fresh)
    return len(fresh)


def _note(day):
    """What an unusual day is called, "" for a plain one."""
    if day in chinese_calendar.workdays:
        return "调休上班"
    return HOLIDAYS.get(chinese_calendar.holidays.get(day, ""), "")


HOLIDAYS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}
