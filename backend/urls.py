"""The floor's addresses; config/urls.py includes them at the root."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from backend import api, health, pages
from backend.http import problems, schema
from backend.http.viewsets import Router

router = Router()
router.register("devices", api.DeviceViewSet, basename="device")

api_v1: list[URLPattern | URLResolver] = [
    path("auth/login", api.Login.as_view()),
    path("auth/logout", api.Logout.as_view()),
    path("me", api.Me.as_view()),
    path("openapi.json", schema.openapi_json),
    path("", include("backend.imports.urls")),
    path("", include(router.urls)),
]

urlpatterns = [
    path("api/v1/", include(api_v1)),
    path("api/docs", pages.api_docs),
    path("problems", problems.index),
    path("problems/<str:code>", problems.about),
    path("login", pages.login_page, name="login"),
    path("logout", pages.logout_page, name="logout"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics_page),
]
