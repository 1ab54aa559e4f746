"""The addresses of the board pages; config/urls.py includes them at the root."""

from __future__ import annotations

from django.urls import URLPattern, path

from web.boards import list_views, views

urlpatterns: list[URLPattern] = [
    path("", views.board, name="board"),
    path("cells/<slug:column>", list_views.cell, name="cell"),
    path("visits", list_views.visits, name="visits"),
    path("visits/<uuid:visit_id>", list_views.visit, name="visit"),
]
