"""The words of a case's life: where it stands, its seven steps, who settles it, and what a press asks. Pure."""

from enum import IntEnum, StrEnum


class Status(StrEnum):
    """Where a case stands; the value is what the table of cases stores."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SELF_CLOSED = "self_closed"
    REJECTED = "rejected"
    REGISTERED = "registered"
    HANDLING = "handling"
    RETURNED = "returned"
    SUSPENDED = "suspended"
    TO_VERIFY = "to_verify"
    TO_CLOSE = "to_close"
    CLOSED = "closed"
    MERGED = "merged"
    VOIDED = "voided"


STATUS_LABELS = {
    Status.DRAFT: "草稿",
    Status.SUBMITTED: "待受理",
    Status.SELF_CLOSED: "当场办结",
    Status.REJECTED: "不予受理",
    Status.REGISTERED: "待交办",
    Status.HANDLING: "处置中",
    Status.RETURNED: "已退回",
    Status.SUSPENDED: "暂缓（挂账）",
    Status.TO_VERIFY: "待核实",
    Status.TO_CLOSE: "待结案",
    Status.CLOSED: "已结案",
    Status.MERGED: "已合并",
    Status.VOIDED: "已作废",
}

# Nothing more is done with these; a closed case can still be rated and taken up again.
ENDED = frozenset({Status.CLOSED, Status.MERGED, Status.VOIDED, Status.REJECTED})
OPEN = frozenset(Status) - ENDED - {Status.DRAFT}


class Step(IntEnum):
    """The seven steps of every case, in order."""

    COLLECT = 1
    FILE = 2
    DISPATCH = 3
    HANDLE = 4
    FEEDBACK = 5
    CLOSE = 6
    EVALUATE = 7


STEP_LABELS = {
    Step.COLLECT: "信息收集",
    Step.FILE: "案卷建立",
    Step.DISPATCH: "任务派遣",
    Step.HANDLE: "任务处理",
    Step.FEEDBACK: "处理反馈",
    Step.CLOSE: "核查结案",
    Step.EVALUATE: "综合评价",
}


class Level(IntEnum):
    """Who settles it: the gridworker, the grid head, the village, the town, a unit above or beside the town."""

    WORKER = 0
    HEAD = 1
    AREA = 2
    TOWN = 3
    UNIT = 4


LEVEL_LABELS = {
    Level.WORKER: "网格员",
    Level.HEAD: "网格长",
    Level.AREA: "村/社区",
    Level.TOWN: "镇",
    Level.UNIT: "市直部门或专业单位",
}


class Need(StrEnum):
    """What has to be said with a press."""

    OPINION = "opinion"
    REASON = "reason"
    MEASURES = "measures"
    UNIT = "unit"
    HOLDER = "holder"
    MAIN_CASE = "main_case"


class Bar(StrEnum):
    """Who may not press although they hold the permission."""

    HANDLER = "handler"  # Nobody checks their own work.
    NOT_HOLDER = "not_holder"  # Only who has the case in hand.
    NOT_REPORTER = "not_reporter"  # Only who reported it.


class Condition(StrEnum):
    """What must hold of the case itself, beyond its status."""

    CLOSES_DIRECTLY = "closes_directly"  # L0-L2, without 督办, 12345 or 上级交办.
    CLOSES_IN_TOWN = "closes_in_town"  # The others: verified first, then closed by the town.
    SETTLES_AT_ONCE = "settles_at_once"  # Without 督办, 12345 or 上级交办: those the town closes.
    BELOW_UNIT = "below_unit"  # There is a level above.
    REVIEW_LEFT = "review_left"  # A refusal is looked at again once.
    IN_REACH = "in_reach"  # The town always; the grid head within seven days for L0-L1.
    WAS_MERGED = "was_merged"


class Clock(StrEnum):
    """What a press does to the running limit; it starts once, at the registration, and is never started again."""

    START = "start"
    STOP = "stop"
    RESUME = "resume"
    END = "end"
    REOPEN = "reopen"


class Deed(StrEnum):
    """What else is written down of a case: it leaves the status as it is."""

    NOTE = "note"
    FACTS = "facts"
    CLASSIFY = "classify"
    URGENT = "urgent"
    SUPPORT = "support"
    EXPERT = "expert"
    ASK = "ask"
    EXTEND = "extend"
    REFUSE = "refuse"
    SUPERVISE = "supervise"
    REPLY = "reply"
    ABSORB = "absorb"
    RELEASE = "release"
    BESIDE = "beside"
    RATE = "rate"
    TASK = "task"
    CHECK = "check"
    HARD = "hard"
    REGRID = "regrid"
    HANDOVER = "handover"
    RECOMPUTE = "recompute"


DEED_LABELS = {
    Deed.NOTE: "处置记录",
    Deed.FACTS: "补充情况",
    Deed.CLASSIFY: "更改类别",
    Deed.URGENT: "紧急标记",
    Deed.SUPPORT: "协办单位",
    Deed.EXPERT: "外请专业人员",
    Deed.ASK: "提出申请",
    Deed.EXTEND: "同意延期",
    Deed.REFUSE: "不同意申请",
    Deed.SUPERVISE: "督办",
    Deed.REPLY: "答复督办",
    Deed.ABSORB: "并入重复件",
    Deed.RELEASE: "重复件移出",
    Deed.BESIDE: "另报一个问题",
    Deed.RATE: "评价",
    Deed.TASK: "不满意件处理",
    Deed.CHECK: "抽查",
    Deed.HARD: "老大难安排",
    Deed.REGRID: "网格调整",
    Deed.HANDOVER: "经办人已离任",
    Deed.RECOMPUTE: "重算期限",
}
