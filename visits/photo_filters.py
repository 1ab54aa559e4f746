"""What lists of photos can be narrowed by; used by photo_api.py."""

from __future__ import annotations

from django_filters import rest_framework as rest

from backend.http.filters import Filters
from visits.models import Photo, StoredPhoto


class PhotoFilters(Filters):
    """`visit`: those that belong to it."""

    visit = rest.UUIDFilter(field_name="visit_id")
    retailer = rest.UUIDFilter(field_name="retailer_id")
    state = rest.ChoiceFilter(choices=StoredPhoto.State.choices)
    kind = rest.ChoiceFilter(choices=Photo.Kind.choices)
