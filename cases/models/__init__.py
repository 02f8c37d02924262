"""The tables of cases."""

from cases.models.around import (
    CaseExpert,
    CaseLink,
    CaseRating,
    CaseRequest,
    CaseTask,
    CheckDraw,
    CheckItem,
    HardCase,
    Supervision,
)
from cases.models.case import Case, CaseEvent, CaseHousehold, CaseSupport
from cases.models.rules import (
    CalendarDay,
    CaseCategory,
    CaseCounter,
    CaseRules,
    ReportTile,
    calendar_of,
    moments_of,
    rules_of,
)
from cases.models.tally import CaseTally

__all__ = [
    "CalendarDay",
    "Case",
    "CaseCategory",
    "CaseCounter",
    "CaseEvent",
    "CaseExpert",
    "CaseHousehold",
    "CaseLink",
    "CaseRating",
    "CaseRequest",
    "CaseRules",
    "CaseSupport",
    "CaseTally",
    "CaseTask",
    "CheckDraw",
    "CheckItem",
    "HardCase",
    "ReportTile",
    "Supervision",
    "calendar_of",
    "moments_of",
    "rules_of",
]
