"""What happened in the shop, and what a visit is held against (templates, policies)."""

from visits.models.display import DisplayTemplate, TemplateVersion
from visits.models.policy import Policy, PolicyVersion
from visits.models.stop import Leave, PlannedStop, Replan
from visits.models.visit import Briefing, CheckLine, Observation, Pitch, Remark, Visit

__all__ = [
    "Briefing",
    "CheckLine",
    "DisplayTemplate",
    "Leave",
    "Observation",
    "Pitch",
    "PlannedStop",
    "Policy",
    "PolicyVersion",
    "Remark",
    "Replan",
    "TemplateVersion",
    "Visit",
]
