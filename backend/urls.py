"""The floor's addresses; config/urls.py includes them at the root."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from backend import api, health, mail_api, notice_api, org_api, pages
from backend.exports import urls as exports
from backend.http import problems, schema, sync, sync_stream, tus
from backend.http.viewsets import Router

router = Router()
router.register("devices", api.DeviceViewSet, basename="device")
router.register("units", org_api.UnitViewSet, basename="unit")
router.register("roles", org_api.RoleViewSet, basename="role")
router.register("people", org_api.PersonViewSet, basename="person")
router.register("positions", org_api.PositionViewSet, basename="position")
router.register("notices", notice_api.NoticeViewSet, basename="notice")
router.register("audit", org_api.AuditViewSet, basename="audit-entry")

api_v1: list[URLPattern | URLResolver] = [
    path("auth/login", api.Login.as_view()),
    path("auth/logout", api.Logout.as_view()),
    path("devices/heartbeat", api.Heartbeat.as_view()),
    path("me", api.Me.as_view()),
    path("me/mail", mail_api.MyMail.as_view()),
    path("openapi.json", schema.openapi_json),
    path("parameters", org_api.ParametersInForce.as_view()),
    path("kpis", org_api.KpiCatalogue.as_view()),
    path("", include("backend.imports.urls")),
    path("", include(exports.api_v1)),
    path("", include(router.urls)),
]

urlpatterns = [
    path("api/v1/", include(api_v1)),
    path("sync/<slug:collection>/<int:version>/pull", sync.PullView.as_view()),
    path("sync/<slug:collection>/<int:version>/push", sync.PushView.as_view()),
    path("sync/<slug:collection>/<int:version>/pullStream", sync_stream.PullStreamView.as_view()),
    path("sync/stream", sync_stream.ManyStreamView.as_view()),
    path("uploads", tus.Uploads.as_view()),
    path("uploads/<uuid:pk>", tus.UploadView.as_view()),
    *exports.urlpatterns,
    path("api/docs", pages.api_docs),
    path("problems", problems.index),
    path("problems/<str:code>", problems.about),
    path("login", pages.login_page, name="login"),
    path("logout", pages.logout_page, name="logout"),
    path("language", set_language, name="set_language"),
    path("mail/stop/<str:token>", mail_api.stop_page, name="mail_stop"),
    path("favicon.ico", pages.favicon),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics_page),
]
