"""The 135 method: the month, the chain of five facts, the managers' papers, and the figures a month leaves behind."""

from cycles.models.chain import Action, Evidence, Finding, Goal, Improvement, Result, Sighting
from cycles.models.figures import Adjustment, Forecast, FrozenFigure
from cycles.models.manager import AdviceSheet, ManagerCell, ManagerCycle, Misfire
from cycles.models.month import CalendarDay, Month, OpeningChunk, PrefectureMonth, RetailerCycle
from cycles.models.reports import MonthlyReport, ReportFile, ReportRun

__all__ = [
    "Action",
    "Adjustment",
    "AdviceSheet",
    "CalendarDay",
    "Evidence",
    "Finding",
    "Forecast",
    "FrozenFigure",
    "Goal",
    "Improvement",
    "ManagerCell",
    "ManagerCycle",
    "Misfire",
    "Month",
    "MonthlyReport",
    "OpeningChunk",
    "PrefectureMonth",
    "ReportFile",
    "ReportRun",
    "Result",
    "RetailerCycle",
    "Sighting",
]
