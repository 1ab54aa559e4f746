"""Addresses of visits/, under /api/v1/; included by config/urls.py."""

from __future__ import annotations

from django.urls import include, path

from backend.http.viewsets import Router
from visits import (
    api,
    breach_api,
    faq_api,
    intelligence_api,
    policy_api,
    quiz_api,
    search_api,
    service_api,
    signal_api,
    stop_api,
    template_api,
)

router = Router()
router.register("visits", api.VisitViewSet, basename="visit")
router.register("quarantine", api.QuarantineViewSet, basename="quarantine")
router.register("policies", policy_api.PolicyViewSet, basename="policy")
router.register("policy-versions", policy_api.PolicyVersionViewSet, basename="policy-version")
router.register("second-touches", policy_api.SecondTouchViewSet, basename="second-touch")
router.register("quiz-attempts", quiz_api.AttemptViewSet, basename="quiz-attempt")
router.register("policy-readings", quiz_api.ReadingViewSet, basename="policy-reading")
router.register("policy-questions", faq_api.PolicyQuestionViewSet, basename="policy-question")
router.register("policy-answers", faq_api.PolicyAnswerViewSet, basename="policy-answer")
router.register("briefed", quiz_api.BriefedViewSet, basename="briefed")
router.register("trainings", quiz_api.TrainingViewSet, basename="training")
router.register("display-schemes", template_api.SchemeViewSet, basename="display-scheme")
router.register("templates", template_api.TemplateViewSet, basename="template")
router.register("signals", signal_api.SignalViewSet, basename="signal")
router.register("presence-verdicts", signal_api.VerdictViewSet, basename="presence-verdict")
router.register("point-proposals", signal_api.PointViewSet, basename="point-proposal")
router.register("display-tasks", breach_api.TaskViewSet, basename="display-task")
router.register("breaches", breach_api.BreachViewSet, basename="breach")
router.register("observations", intelligence_api.IntelligenceViewSet, basename="observation")
router.register("stops", stop_api.StopViewSet, basename="stop")
router.register("leaves", stop_api.LeaveViewSet, basename="leave")

urlpatterns = [
    path("", include("visits.photo_urls")),
    path("api/v1/visits/batch", api.BatchView.as_view(), name="visit-batch"),
    path("api/v1/visits/recent", api.RecentView.as_view(), name="visit-recent"),
    path("api/v1/visits/due", api.DueView.as_view(), name="visit-due"),
    path("api/v1/visits/search", search_api.SearchView.as_view(), name="visit-search"),
    path("api/v1/trainings/figures", quiz_api.TaughtView.as_view(), name="training-figures"),
    path("api/v1/visits/verify", signal_api.VerifyView.as_view(), name="visit-verify"),
    path("api/v1/visits/<uuid:pk>/score", template_api.ScoreView.as_view(), name="visit-score"),
    path("api/v1/retailers/<uuid:pk>/template", template_api.ShopTemplateView.as_view(), name="retailer-template"),
    path("api/v1/boards/service", service_api.ServiceView.as_view(), name="board-service"),
    path("api/v1/boards/pitches", service_api.PitchesView.as_view(), name="board-pitches"),
    path("api/v1/boards/compliance", breach_api.ComplianceView.as_view(), name="board-compliance"),
    path("api/v1/", include(router.urls)),
]
