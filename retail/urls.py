"""Addresses of the client side, under /api/v1/; included by config/urls.py."""

from __future__ import annotations

from django.urls import include, path

from backend.http.viewsets import Router
from retail import api

router = Router()
router.register("retailers", api.RetailerViewSet, basename="retailer")
router.register("classifications", api.ClassificationViewSet, basename="classification")
router.register("assignments", api.AssignmentViewSet, basename="assignment")
router.register("contacts", api.ContactViewSet, basename="contact")
router.register("needs", api.NeedViewSet, basename="need")
router.register("promises", api.PromiseViewSet, basename="promise")

urlpatterns = [path("api/v1/", include(router.urls))]
