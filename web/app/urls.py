"""The addresses of the phone app; config/urls.py includes them at the root."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from web.app import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("app", RedirectView.as_view(url="/app/")),
    path("app/", views.page, name="app"),
    path("app/sw.js", views.worker),
    path("app/<path:path>", views.page),
]
