"""What happened in the shop, and what a visit is held against (templates, policies)."""

from visits.models.display import DisplayTemplate, TemplateVersion
from visits.models.policy import Policy, PolicyVersion
from visits.models.visit import Briefing, CheckLine, Observation, Pitch, Remark, Visit

__all__ = [
    "Briefing",
    "CheckLine",
    "DisplayTemplate",
    "Observation",
    "Pitch",
    "Policy",
    "PolicyVersion",
    "Remark",
    "TemplateVersion",
    "Visit",
]
