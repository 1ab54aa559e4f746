"""Addresses of exports; included by backend/urls.py."""

from __future__ import annotations

from django.urls import path

from backend.exports import api, serving

api_v1 = [
    path("export-kinds", api.ExportKinds.as_view()),
    path("exports", api.ExportViewSet.as_view({"get": "list", "post": "create"})),
    path("exports/<uuid:pk>", api.ExportViewSet.as_view({"get": "retrieve"})),
    path("exports/<uuid:pk>/cancel", api.ExportViewSet.as_view({"post": "cancel"})),
    path("exports/<uuid:pk>/manifest", api.ExportViewSet.as_view({"get": "manifest"})),
    path("exports/<uuid:pk>/file", api.ExportViewSet.as_view({"get": "file"})),
]

urlpatterns = [path("export-files/<uuid:pk>", serving.export_file, name="export-file")]
