"""The town as it is before anybody works in it: the ground's part of `setup_town`. The office's edits stay."""

import csv
from datetime import date
from pathlib import Path

from grids.models import (
    CareCategory,
    CareFrequency,
    Frequency,
    Grid,
    PatrolPoint,
    TownProfile,
    Unit,
)

# The town, its 6 communities and 13 villages with their national statistical codes.
AREAS = Path(__file__).resolve().parent / "data" / "hekou_areas.csv"
TOWN_CODE = "140181100"
# Before anything that is recorded here, so that every past day has its places and its rules (local).
FOUNDED = date(2020, 1, 1)

# Formal names are settings; 古交 is a county-level city, hence 市直 and not 县直 (DOMAIN).
PROFILE = {"office_name": "镇网格办", "formal_office_name": "河口镇综治中心", "upstream_name": "古交市直部门"}

W, M, Q = Frequency.WEEKLY, Frequency.MONTHLY, Frequency.QUARTERLY
# High risk weekly, priority monthly, general quarterly (local); the office edits both names and frequencies.
CARE_CATEGORIES = (
    ("living_alone", "独居老人", W),
    ("disabled_elder", "失能/半失能", W),
    ("extreme_hardship", "特困", W),
    ("left_behind_elder", "留守老人", M),
    ("empty_nest", "空巢老人", M),
    ("aged_80", "高龄", M),
    ("serious_illness", "重病", M),
    ("low_income", "低保", M),
    ("child_in_need", "困境儿童", M),
    ("left_behind_child", "留守儿童", M),
    ("low_income_margin", "低保边缘", Q),
    ("disability", "残疾人", Q),
    ("left_behind_woman", "留守妇女", Q),
    ("veteran", "退役优抚", Q),
    ("poverty_watch", "防返贫监测", Q),
)

PATROL_POINTS = (
    "消防通道",
    "散煤取暖与烟囱",
    "燃气使用",
    "电线飞线",
    "电动车充电",
    "森林火险",
    "河道与山洪沟",
    "村道塌方",
    "房屋裂缝",
    "采煤沉陷",
    "私挖滥采",
    "垃圾堆放",
    "乱停乱放",
    "公共设施",
)

UNITS = (
    "供水站",
    "卫生院",
    "供电所",
    "派出所",
    "司法所",
    "自然资源所",
    "市场监管所",
    "应急管理站",
    "林业站",
    "公路养护站",
    "环卫站",
    "民政办",
)


def set_up():
    """Make what is missing and give back the town; the town's row stays locked to the end of the transaction."""
    town = create_places()
    TownProfile.objects.get_or_create(town=town, defaults=PROFILE)
    create_care_categories(town)
    create_lists(town)
    return town


def create_places():
    """The town and its areas, those missing; the town's row stays locked, so two runs take turns."""
    with AREAS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            Grid.objects.get_or_create(
                code=row["code"],
                defaults={
                    "tier": len(row["code"]),
                    "kind": row["kind"],
                    "name": row["name"],
                    "official_name": row["official_name"],
                    "opened_on": FOUNDED,
                },
            )
    return Grid.objects.select_for_update().get(code=TOWN_CODE)


def create_care_categories(town):
    """Categories that the town never had; one that it renamed or retired is known by its key and left alone."""
    keys = set(town.care_categories.values_list("key", flat=True))
    names = set(town.care_categories.values_list("name", flat=True))
    for position, (key, name, frequency) in enumerate(CARE_CATEGORIES, 1):
        if key in keys or name in names:
            continue
        category = CareCategory.objects.create(town=town, key=key, name=name, position=position)
        CareFrequency.objects.create(category=category, frequency=frequency, starts_on=FOUNDED)


def create_lists(town):
    """Patrol points and units have no key but their name: a list that the office has begun is the office's."""
    if not town.patrol_points.exists():
        PatrolPoint.objects.bulk_create(
            PatrolPoint(town=town, name=name, position=position)
            for position, name in enumerate(PATROL_POINTS, 1)
        )
    if not town.units.exists():
        Unit.objects.bulk_create(Unit(town=town, name=name) for name in UNITS)
