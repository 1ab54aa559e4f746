"""Addresses of the brand side, under /api/v1/; included by config/urls.py."""

from __future__ import annotations

from django.urls import include, path

from backend.http.viewsets import Router
from brands import api

router = Router()
router.register("brands", api.BrandViewSet, basename="brand")
router.register("products", api.ProductViewSet, basename="product")
router.register("price-classes", api.PriceClassViewSet, basename="price-class")
router.register("key-products", api.KeyProductViewSet, basename="key-product")

urlpatterns = [path("api/v1/", include(router.urls))]
