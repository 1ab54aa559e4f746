"""Addresses of imports, under /api/v1/; included by backend/urls.py."""

from __future__ import annotations

from django.urls import path

from backend.imports import api

urlpatterns = [
    path("imports", api.ImportRunViewSet.as_view({"get": "list"})),
    path("imports/<uuid:pk>", api.ImportRunViewSet.as_view({"get": "retrieve"})),
    path("imports/<uuid:run_id>/rejects", api.ImportRejectViewSet.as_view({"get": "list"})),
    path("imports/<uuid:run_id>/rejects.csv", api.ImportRejectsFile.as_view()),
    path("import-kinds/<slug:kind>", api.ImportFile.as_view()),
]
