"""The addresses of the board pages; config/urls.py includes them at the root."""

from __future__ import annotations

from django.urls import URLPattern, path

from web.boards import (
    action_views,
    advice_views,
    finding_views,
    list_views,
    month_views,
    plan_views,
    report_views,
    review_views,
    shop_views,
    views,
)

urlpatterns: list[URLPattern] = [
    path("", views.board, name="board"),
    path("cells/<slug:column>", list_views.cell, name="cell"),
    path("visits", list_views.visits, name="visits"),
    path("visits/<uuid:visit_id>", list_views.visit, name="visit"),
    path("shops/<uuid:retailer_id>/<str:month>", shop_views.shop, name="shop"),
    path("findings", finding_views.findings, name="findings"),
    path("findings/<uuid:pk>", finding_views.finding, name="finding"),
    path("actions", action_views.actions, name="actions"),
    path("months/mine", month_views.mine, name="my-month"),
    path("months/<uuid:pk>", month_views.month, name="month"),
    path("months/<uuid:pk>/<slug:column>/<int:number>", month_views.sentence, name="sentence"),
    path("reviews", review_views.reviews, name="reviews"),
    path("reports", report_views.reports, name="reports"),
    path("reports/<uuid:pk>", report_views.report, name="report"),
    path("reports/<uuid:pk>/pdf", report_views.report_pdf, name="report-pdf"),
    path("plan", plan_views.day, name="plan"),
    path("advice", advice_views.sheets, name="advice"),
    path("improvements", action_views.improvements, name="improvements"),
]
