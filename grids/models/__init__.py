"""The tables of the ground, by room."""

from grids.models.audit import AuditEntry
from grids.models.fieldwork import (
    Concern,
    FieldConflict,
    FieldRecord,
    HouseholdVisit,
    Photo,
    VisitMet,
)
from grids.models.grid import Feedback, Grid, GridSuccession, Regridding, Tier, TownProfile
from grids.models.household import (
    Absence,
    CareCategory,
    CareFrequency,
    Consent,
    Frequency,
    Household,
    Placement,
    Relative,
    Residence,
    Resident,
    ResidentCare,
)
from grids.models.patrol import Finding, Patrol, PatrolCheck, PatrolPoint
from grids.models.people import (
    GridAssignment,
    LoginThrottle,
    OneTimeCode,
    Unit,
    UnitMembership,
    User,
)

__all__ = [
    "Absence",
    "AuditEntry",
    "CareCategory",
    "CareFrequency",
    "Concern",
    "Consent",
    "Feedback",
    "FieldConflict",
    "FieldRecord",
    "Finding",
    "Frequency",
    "Grid",
    "GridAssignment",
    "GridSuccession",
    "Household",
    "HouseholdVisit",
    "LoginThrottle",
    "OneTimeCode",
    "Patrol",
    "PatrolCheck",
    "PatrolPoint",
    "Photo",
    "Placement",
    "Regridding",
    "Relative",
    "Residence",
    "Resident",
    "ResidentCare",
    "Tier",
    "TownProfile",
    "Unit",
    "UnitMembership",
    "User",
    "VisitMet",
]
