"""The tables of surveys and inspections, by room."""

from surveys.models.inspection import Checklist, ChecklistItem, Inspection, InspectionResult, Site
from surveys.models.paper import PaperSheet
from surveys.models.questionnaire import Questionnaire, Version, schema_of
from surveys.models.round import (
    SELF_SELECTED,
    AgeBand,
    InterviewerTally,
    Mode,
    Response,
    Round,
    RoundArea,
    RoundQuota,
    SampledHousehold,
    Sex,
    Stratum,
    Token,
    TokenBatch,
    TokenDraft,
)

__all__ = [
    "SELF_SELECTED",
    "AgeBand",
    "Checklist",
    "ChecklistItem",
    "Inspection",
    "InspectionResult",
    "InterviewerTally",
    "Mode",
    "PaperSheet",
    "Questionnaire",
    "Response",
    "Round",
    "RoundArea",
    "RoundQuota",
    "SampledHousehold",
    "Sex",
    "Site",
    "Stratum",
    "Token",
    "TokenBatch",
    "TokenDraft",
    "Version",
    "schema_of",
]
