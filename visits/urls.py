"""Addresses of visits/, under /api/v1/; included by config/urls.py."""

from __future__ import annotations

from django.urls import include, path

from backend.http.viewsets import Router
from visits import api, policy_api, stop_api

router = Router()
router.register("visits", api.VisitViewSet, basename="visit")
router.register("quarantine", api.QuarantineViewSet, basename="quarantine")
router.register("policies", policy_api.PolicyViewSet, basename="policy")
router.register("policy-versions", policy_api.PolicyVersionViewSet, basename="policy-version")
router.register("templates", policy_api.TemplateViewSet, basename="template")
router.register("stops", stop_api.StopViewSet, basename="stop")
router.register("leaves", stop_api.LeaveViewSet, basename="leave")

urlpatterns = [
    path("api/v1/visits/batch", api.BatchView.as_view(), name="visit-batch"),
    path("api/v1/visits/recent", api.RecentView.as_view(), name="visit-recent"),
    path("api/v1/visits/due", api.DueView.as_view(), name="visit-due"),
    path("api/v1/", include(router.urls)),
]
