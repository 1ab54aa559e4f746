"""The market's addresses; config/urls.py includes them at the root."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from backend.http.viewsets import Router
from market import api
from market.alerts import api as alert_api
from market.boards import api as board_api
from market.boards import figures_api, states_api
from market.intelligence import api as intelligence_api
from market.launches import api as launch_api
from market.orders import api as orders_api
from market.orders import windows_api
from market.samples import api as samples_api
from market.samples import completeness_api

router = Router()
router.register("alert-rules", alert_api.AlertRuleViewSet, basename="alert-rule")
router.register("alerts", alert_api.AlertViewSet, basename="alert")
router.register("intelligence/items", intelligence_api.ItemViewSet, basename="intelligence-item")
router.register("orders", orders_api.PushedOrderViewSet, basename="order")
router.register("order-windows", windows_api.OrderWindowViewSet, basename="order-window")
router.register("allotments", api.AllotmentViewSet, basename="allotment")
router.register("stock-counts", api.StockCountViewSet, basename="stock-count")
router.register("collection-points", samples_api.PointViewSet, basename="collection-point")
router.register("samples", samples_api.SampleViewSet, basename="sample")
router.register("launches", launch_api.LaunchViewSet, basename="launch")
router.register("targets", api.SalesTargetViewSet, basename="sales-target")

api_v1: list[URLPattern | URLResolver] = [
    path("boards/figures", figures_api.Figures.as_view()),
    path("boards/compare", figures_api.Compare.as_view()),
    path("boards/periods", figures_api.Periods.as_view()),
    path("boards/rank", figures_api.Rank.as_view()),
    path("boards/subjects", figures_api.Subjects.as_view()),
    path("boards/map", figures_api.Map.as_view()),
    path("boards/shapes", figures_api.Shapes.as_view()),
    path("boards/shops", figures_api.Shops.as_view()),
    path("alert-rules/shipped", alert_api.ShippedRules.as_view()),
    path("boards/status", states_api.StatusBoard.as_view()),
    path("boards/concentration", states_api.ConcentrationBoard.as_view()),
    path("boards/key-products", states_api.KeyBoard.as_view()),
    path("boards/market", board_api.MarketBoard.as_view()),
    path("boards/market/children", board_api.MarketChildren.as_view()),
    path("boards/market/products", board_api.MarketProducts.as_view()),
    path("boards/samples", completeness_api.SamplesBoard.as_view()),
    path("collection-points/proposed", samples_api.ProposedPoints.as_view()),
    path("intelligence/digest", intelligence_api.DigestView.as_view()),
    path("intelligence/groups", intelligence_api.Groups.as_view()),
    path("intelligence/trends", intelligence_api.Trends.as_view()),
    path("order-windows/of-shop", windows_api.ShopWindow.as_view()),
    path("", include(router.urls)),
]

urlpatterns = [path("api/v1/", include(api_v1))]
