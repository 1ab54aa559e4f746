"""The addresses of the board pages; config/urls.py includes them at the root."""

from __future__ import annotations

from django.urls import URLPattern, path

from web.boards import (
    action_views,
    advice_views,
    finding_views,
    list_views,
    market_export,
    market_figure,
    market_goods,
    market_lists,
    market_views,
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
    path("market", market_views.market, name="market"),
    path("market/figure", market_figure.figure, name="market-figure"),
    path("market/products", market_goods.products, name="market-products"),
    path("market/subject", market_goods.subject, name="market-subject"),
    path("market/key", market_goods.key, name="market-key"),
    path("market/few", market_goods.few, name="market-few"),
    path("market/shops", market_lists.shops, name="market-shops"),
    path("market/orders", market_lists.orders, name="market-orders"),
    path("market/orders/<uuid:pk>", market_lists.order, name="market-order"),
    path("market/exports/<uuid:pk>", market_export.progress, name="market-export"),
    path("improvements", action_views.improvements, name="improvements"),
]
