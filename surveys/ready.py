"""The questionnaire the town starts with: creating a national civilised city (创城), in the residents' words. Pure.

Each question is marked with the rate it feeds and the theme it is about. Village, sex and age are no questions of it:
every way of answering asks them once, for the quotas, before it begins.
"""

from surveys.schema.model import Kind, Meaning, Measure, Option, Order, Question, Schema, Section

UNSURE = Option("unsure", "不清楚", Meaning.UNSURE)
SATISFIED = (
    Option("satisfied", "满意", is_positive=True),
    Option("fairly", "基本满意", is_positive=True),
    Option("dissatisfied", "不满意"),
)
MOST_WORST = 3


def _satisfied_with(name: str, theme: str, label: str, unsure: str = "不清楚") -> Question:
    """One thing asked on three points: 满意 + 基本满意 ÷ valid, whoever cannot tell left out."""
    return Question(
        name=name,
        kind=Kind.SCALE3,
        label=label,
        options=(*SATISFIED, Option("unsure", unsure, Meaning.UNSURE)),
        is_required=True,
        measure=Measure.SATISFACTION,
        theme=theme,
    )


AWARE = Question(
    name="aware",
    kind=Kind.SINGLE,
    label="您知道我们这里正在创建全国文明城市吗？",
    options=(
        Option("know", "知道", is_positive=True),
        Option("heard", "听说过", is_positive=True),
        Option("never", "没听说过"),
        Option("unsure", "说不清", Meaning.UNSURE),
    ),
    is_required=True,
    measure=Measure.AWARENESS,
    keeps=frozenset({Meaning.UNSURE}),  # Who cannot say whether they heard of it is not aware of it.
    theme="创城",
)
SUPPORT = Question(
    name="support",
    kind=Kind.SINGLE,
    label="您支持创建全国文明城市吗？",
    options=(
        Option("strongly", "非常支持", is_positive=True),
        Option("support", "支持", is_positive=True),
        Option("not", "不支持"),
        UNSURE,
    ),
    is_required=True,
    measure=Measure.SUPPORT,
    theme="创城",
)
WORST = Question(
    name="worst",
    kind=Kind.MULTIPLE,
    label="您最盼着先改哪几样？",
    hint=f"最多选 {MOST_WORST} 样",
    options=(
        Option("yards", "房前屋后"),
        Option("lanes", "小巷道路"),
        Option("rubbish", "垃圾杂物"),
        Option("parking", "乱停车"),
        Option("safety", "安全"),
        Option("toilets", "厕所"),
        Option("lighting", "路灯"),
        Option("care", "老人孩子"),
        Option("other", "其他", Meaning.OTHER),
        UNSURE,
    ),
    order=Order.ROTATED,
    constraint=f"count-selected(.) <= {MOST_WORST}",
    constraint_message=f"最多选 {MOST_WORST} 样。",
    theme="建议",
)
CIVILISED_CITY = Schema(
    name="civilised_city",
    title="创建全国文明城市居民问卷",
    intro="不记姓名。照您的真实感受选就行。",
    thanks="谢谢您！大家的回答汇总后会公布结果，不会公布任何一个人的回答。",
    sections=(
        Section("creating", "创城", (AWARE, SUPPORT)),
        Section(
            "around",
            "身边环境",
            (
                _satisfied_with("yards", "庭院", "村民房前屋后、院里院外收拾得怎么样，您满意吗？"),
                _satisfied_with("lanes", "背街小巷", "背街小巷的路面和卫生，您满意吗？"),
                _satisfied_with("rubbish", "乱堆乱放", "垃圾清运、杂物乱堆的治理，您满意吗？"),
                _satisfied_with("parking", "乱停乱行", "车辆停放和行车秩序，您满意吗？"),
                _satisfied_with("safety", "安全", "用火用电用气、夜里出门的安全，您满意吗？"),
                _satisfied_with("toilets", "公厕", "附近公共厕所的干净程度，您满意吗？"),
                _satisfied_with("lighting", "照明", "夜里路灯照明，您满意吗？"),
            ),
        ),
        Section(
            "people",
            "办事和关心人",
            (
                _satisfied_with("care", "老人和孩子", "村里、社区对老人和孩子的关心照顾，您满意吗？"),
                _satisfied_with(
                    "requests", "诉求办理", "您向网格员或村里反映的事，办得满意吗？", "没反映过或不清楚"
                ),
                _satisfied_with("overall", "总体", "总的来说，您对创城的成效满意吗？"),
                WORST,
            ),
        ),
    ),
)
