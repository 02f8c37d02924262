"""What a town begins with for its inspections: kinds of places with their checklists. Local, in our words, editable.

Idempotent: a list that the office has begun is the office's.
"""

from surveys.models import Checklist, ChecklistItem

# item: (what 合格 looks like, the sub-category of a case that grows from its failure; see cases.setup).
ITEMS = {
    "乱堆乱放": ("柴草、建材、杂物摆放整齐，不占道。", "0101"),
    "乱停乱行": ("车辆停在该停的地方，不逆行、不堵路。", "0501"),
    "小广告": ("墙面、电杆没有乱贴乱画。", "0201"),
    "飞线": ("没有私拉乱接、低垂的电线网线。", "0702"),
    "垃圾": ("地面没有成堆垃圾，桶不外溢。", "0102"),
    "污水": ("没有污水横流，水沟畅通。", "0104"),
    "公厕": ("地面便池干净，有水有灯，门锁完好。", "0103"),
    "旱厕": ("粪污不外露，盖板完好。", "1002"),
    "消防通道": ("通道畅通，能过消防车。", "1201"),
    "电动车充电": ("不飞线充电，不在楼道充电。", "1202"),
    "照明": ("路灯亮、灯罩完好。", "0802"),
    "路面": ("路面平整，没有坑洼塌陷。", "0801"),
    "占道经营": ("摊位在线内，不占人行道。", "0502"),
    "公益宣传": ("宣传栏内容新、没有破损。", "0202"),
    "门前三包": ("门前干净、有人管。", "1001"),
    "绿化": ("花草有人管，没有垃圾枯枝。", "1001"),
    "屋里院里": ("院落干净，物品归置有序。", "1001"),
    "畜禽圈养": ("鸡鸭牛羊入圈，粪便及时清。", "1001"),
    "炉具烟囱": ("烟囱通畅，有一氧化碳报警器。", "1401"),
    "无障碍": ("坡道、扶手能用，没有被占。", "2105"),
}
CHECKLISTS = {
    "庭院": ("屋里院里", "乱堆乱放", "垃圾", "畜禽圈养", "旱厕", "飞线", "炉具烟囱"),
    "背街小巷": (
        "乱堆乱放",
        "乱停乱行",
        "小广告",
        "飞线",
        "垃圾",
        "污水",
        "路面",
        "消防通道",
        "照明",
        "门前三包",
    ),
    "广场": ("垃圾", "乱停乱行", "小广告", "绿化", "照明", "公益宣传", "无障碍"),
    "集市": ("占道经营", "垃圾", "乱停乱行", "污水", "消防通道", "公益宣传"),
    "公厕": ("公厕", "污水", "照明", "小广告", "无障碍"),
    "小区楼院": ("乱堆乱放", "乱停乱行", "小广告", "飞线", "垃圾", "消防通道", "电动车充电", "照明", "绿化"),
    "主次干道": ("乱停乱行", "占道经营", "垃圾", "小广告", "路面", "照明", "绿化", "公益宣传"),
}


def set_up(town):
    """Make what is missing; inside a transaction that holds the town's row."""
    if town.checklists.exists():
        return
    for position, (kind, names) in enumerate(CHECKLISTS.items(), 1):
        checklist = Checklist.objects.create(town=town, name=kind, position=position)
        ChecklistItem.objects.bulk_create(
            ChecklistItem(
                checklist=checklist,
                name=name,
                standard=ITEMS[name][0],
                category_code=ITEMS[name][1],
                position=place,
            )
            for place, name in enumerate(names, 1)
        )
