"""The system's addresses, and one that empties the collection `humans` between tests."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as addresses

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@csrf_exempt
def clean(request: HttpRequest) -> HttpResponse:
    """No human was ever there, nor told of."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sync_human")
        cursor.execute("DELETE FROM backend_syncentry WHERE collection = 'humans'")
        cursor.execute("DELETE FROM backend_synccounter WHERE collection = 'humans'")
    return HttpResponse(status=204)


urlpatterns = [*addresses, path("test-clients/clean", clean)]
