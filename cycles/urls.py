"""The addresses of the months; config/urls.py includes them at the root."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from backend.http.viewsets import Router
from cycles import api

router = Router()
router.register("cycles", api.CycleViewSet, basename="cycle")
router.register("manager-cycles", api.ManagerCycleViewSet, basename="manager-cycle")
router.register("months", api.MonthViewSet, basename="month")
router.register("calendar-days", api.CalendarDayViewSet, basename="calendar-day")

api_v1: list[URLPattern | URLResolver] = [
    path("cycles/progress", api.CycleProgress.as_view()),
    path("cycles/<str:month>/<uuid:retailer_id>", api.CycleGrid.as_view()),
    path("calendar-days/<str:day>", api.CalendarDayView.as_view()),
    path("", include(router.urls)),
]

urlpatterns = [path("api/v1/", include(api_v1))]
