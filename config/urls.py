"""Every address of the system: each app's own urls, under /api/v1/ where they are HTTP API; read by Django."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
