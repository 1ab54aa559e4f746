"""The addresses of the months; config/urls.py includes them at the root."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from backend.http.viewsets import Router
from cycles import (
    actions_api,
    advice_api,
    api,
    blocks_api,
    board_api,
    finding_api,
    forecast_api,
    improvements_api,
    manager_api,
    misfires_api,
    months_api,
    plan_api,
    report_api,
    rule_api,
)

router = Router()
router.register("cycles", api.CycleViewSet, basename="cycle")
router.register("manager-cycles", manager_api.ManagerCycleViewSet, basename="manager-cycle")
router.register("advice-sheets", advice_api.AdviceSheetViewSet, basename="advice-sheet")
router.register("reports", report_api.MonthlyReportViewSet, basename="report")
router.register("report-runs", report_api.ReportRunViewSet, basename="report-run")
router.register("months", months_api.MonthViewSet, basename="month")
router.register("forecasts", forecast_api.ForecastViewSet, basename="forecast")
router.register("actions", actions_api.ActionViewSet, basename="action")
router.register("improvements", improvements_api.ImprovementViewSet, basename="improvement")
router.register("rules/<str:code>/misfires", misfires_api.MisfireViewSet, basename="misfire")
router.register("findings", finding_api.FindingViewSet, basename="finding")
router.register("adjustments", months_api.AdjustmentViewSet, basename="adjustment")
router.register("calendar-days", api.CalendarDayViewSet, basename="calendar-day")

api_v1: list[URLPattern | URLResolver] = [
    path("cycles/progress", api.CycleProgress.as_view()),
    path("cycles/<str:month>/<uuid:retailer_id>", api.CycleGrid.as_view()),
    path("rules", rule_api.RuleCatalogue.as_view()),
    path("rules/<str:code>", rule_api.RuleView.as_view()),
    path("plans", plan_api.PlansView.as_view()),
    path("plans/<int:territory_id>/<str:month>", plan_api.PlanView.as_view()),
    path("plans/<int:territory_id>/<str:month>/replan", plan_api.ReplanView.as_view()),
    path("plans/<int:territory_id>/<str:month>/undo", plan_api.UndoView.as_view()),
    path("plans/<int:territory_id>/<str:month>/reorder", plan_api.ReorderView.as_view()),
    path("boards/blocks", blocks_api.BlocksBoard.as_view()),
    path("boards/method", board_api.MethodBoardView.as_view()),
    path("boards/fairness", plan_api.FairnessBoard.as_view()),
    path("months/<str:month>/figures", months_api.FrozenFigures.as_view()),
    path("months/<str:month>/prefectures/<int:unit>", months_api.PrefectureMonthView.as_view()),
    path("months/<str:month>/prefectures/<int:unit>/reopen", months_api.ReopenMonth.as_view()),
    path("calendar-days/<str:day>", api.CalendarDayView.as_view()),
    path("", include(router.urls)),
]

urlpatterns = [path("api/v1/", include(api_v1))]
