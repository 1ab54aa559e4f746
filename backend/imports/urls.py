"""Addresses of imports, under /api/v1/; included by backend/urls.py."""

from __future__ import annotations

from django.urls import path

from backend.imports import api, profile_api

urlpatterns = [
    path("imports", api.ImportRunViewSet.as_view({"get": "list"})),
    path("imports/<uuid:pk>", api.ImportRunViewSet.as_view({"get": "retrieve"})),
    path("imports/<uuid:pk>/apply", api.ImportRunViewSet.as_view({"post": "apply"})),
    path("imports/<uuid:pk>/cancel", api.ImportRunViewSet.as_view({"post": "cancel"})),
    path("imports/<uuid:pk>/undo", api.ImportRunViewSet.as_view({"post": "undo"})),
    path("imports/<uuid:run_id>/rejects", api.ImportRejectViewSet.as_view({"get": "list"})),
    path("imports/<uuid:run_id>/rejects.csv", api.ImportRejectsFile.as_view()),
    path("import-profiles", profile_api.ImportProfileViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "import-profiles/<int:pk>",
        profile_api.ImportProfileViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("import-kinds/<slug:kind>", api.ImportFile.as_view()),
]
