"""What happened in the shop, and what a visit is held against (templates, policies)."""

from visits.models.briefed import Briefed, PolicyAnswer, PolicyQuestion, PolicyReading, QuizAttempt, Seal
from visits.models.display import DisplayTemplate, TemplateVersion
from visits.models.policy import Policy, PolicyVersion
from visits.models.stop import Leave, PlannedStop, Replan
from visits.models.visit import (
    Briefing,
    CheckLine,
    ComplianceCheck,
    Observation,
    Photo,
    Pitch,
    Remark,
    Training,
    Visit,
    VisitRevision,
    VisitScore,
)

__all__ = [
    "Briefed",
    "Briefing",
    "CheckLine",
    "ComplianceCheck",
    "DisplayTemplate",
    "Leave",
    "Observation",
    "Photo",
    "Pitch",
    "PlannedStop",
    "Policy",
    "PolicyAnswer",
    "PolicyQuestion",
    "PolicyReading",
    "PolicyVersion",
    "QuizAttempt",
    "Remark",
    "Replan",
    "Seal",
    "TemplateVersion",
    "Training",
    "Visit",
    "VisitRevision",
    "VisitScore",
]
