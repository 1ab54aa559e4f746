"""Addresses of photos; included by visits/urls.py."""

from __future__ import annotations

from django.urls import include, path

from backend.http.viewsets import Router
from visits import photo_api

router = Router()
router.register("photos", photo_api.PhotoViewSet, basename="photo")

urlpatterns = [
    path("photos/<uuid:pk>/<str:size>", photo_api.photo_file, name="photo-file"),
    path("api/v1/", include(router.urls)),
]
