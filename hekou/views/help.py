"""帮助: what there is to know, what concerns the reader first."""

from typing import NamedTuple

from django.shortcuts import render

from grids.access import Permission as P
from grids.access import permissions_of


class Section(NamedTuple):
    """A part of the help: its anchor (and template), its title, and whom it concerns; None for everybody."""

    anchor: str
    title: str
    permission: P | None

    @property
    def template(self):
        return f"hekou/help_{self.anchor}.html"


SECTIONS = (
    Section("today", "今日怎么用", P.LOG_FIELDWORK),
    Section("visit", "走访", P.LOG_FIELDWORK),
    Section("late", "补记、代录、更正", P.LOG_FIELDWORK),
    Section("report", "上报问题", P.REPORT_CASE),
    Section("concern", "诉求", P.SEE_FIELDWORK),
    Section("case", "事件怎么办", P.SEE_CASES),
    Section("patrol", "巡查", P.LOG_FIELDWORK),
    Section("case_settle", "办理：当场办结、我来办、提请上级", P.SEE_CASES),
    Section("case_verify", "核实、返工、回访", P.VERIFY_CASE),
    Section("case_lists", "事件的各张列表", P.SEE_CASES),
    Section("case_lights", "时限和红黄绿灯", P.SEE_CASES),
    Section("inspection", "实地考察", P.SEE_FIELDWORK),
    Section("rounds", "问卷调查：抽样、答题码、纸质录入", P.RUN_SURVEY),
    Section("interview", "问卷访问", P.INTERVIEW),
    Section("households", "户与人", P.SEE_HOUSEHOLDS),
    Section("rate", "走访率怎么算", P.SEE_FIELDWORK),
    Section("figures", "看板和指标", P.SEE_CASES),
    Section("results", "怎么看问卷结果", P.SEE_SURVEYS),
    Section("regrid", "网格拆分与合并", P.EDIT_NET),
    Section("handover", "任职与交接", P.EDIT_STAFF),
    Section("settings", "设置", P.CONFIGURE),
    Section("audit", "审计", P.SEE_AUDIT),
    Section("codes", "密码与登录码", None),
    Section("privacy", "隐私与脱敏", None),
    Section("questions", "常见问题", None),
)


def help_page(request):
    """The sections for the reader's own work, then the others folded away."""
    held = permissions_of(request.user)
    own = [one for one in SECTIONS if one.permission is None or one.permission in held]
    others = [one for one in SECTIONS if one not in own]
    return render(request, "hekou/help.html", {"own": own, "others": others})
