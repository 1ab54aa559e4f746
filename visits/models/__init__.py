"""What happened in the shop, and what a visit is held against (templates, policies)."""

from visits.models.breach import Breach, DisplayTask
from visits.models.briefed import Briefed, PolicyAnswer, PolicyQuestion, PolicyReading, QuizAttempt, Seal
from visits.models.display import DisplayTemplate, TemplateVersion
from visits.models.intelligence import Intelligence
from visits.models.photo import PhotoExif, StoredPhoto
from visits.models.policy import Policy, PolicyVersion
from visits.models.signal import PointProposal, PresenceVerdict, Signal
from visits.models.stop import Leave, PlannedStop, Replan
from visits.models.visit import (
    Briefing,
    CheckLine,
    ComplianceCheck,
    Observation,
    Photo,
    Pitch,
    Remark,
    ScoredShop,
    Training,
    Visit,
    VisitRevision,
    VisitScore,
)

__all__ = [
    "Breach",
    "Briefed",
    "Briefing",
    "CheckLine",
    "ComplianceCheck",
    "DisplayTask",
    "DisplayTemplate",
    "Intelligence",
    "Leave",
    "Observation",
    "Photo",
    "PhotoExif",
    "Pitch",
    "PlannedStop",
    "PointProposal",
    "Policy",
    "PolicyAnswer",
    "PolicyQuestion",
    "PolicyReading",
    "PolicyVersion",
    "PresenceVerdict",
    "QuizAttempt",
    "Remark",
    "Replan",
    "ScoredShop",
    "Seal",
    "Signal",
    "StoredPhoto",
    "TemplateVersion",
    "Training",
    "Visit",
    "VisitRevision",
    "VisitScore",
]
