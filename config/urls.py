"""Every address of the system: each app's own urls, under /api/v1/ where they are HTTP API; read by Django."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("backend.urls")),
    path("", include("cycles.urls")),
    path("", include("market.urls")),
    path("", include("web.app.urls")),
    path("", include("web.boards.urls")),
    path("", include("visits.urls")),
    path("", include("brands.urls")),
    path("", include("retail.urls")),
    path("desk/", admin.site.urls),
]

handler400 = "backend.http.problems.bad_request"
handler403 = "backend.http.problems.permission_denied"
handler404 = "backend.http.problems.page_not_found"
handler500 = "backend.http.problems.server_error"
