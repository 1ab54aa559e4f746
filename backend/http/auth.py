"""Who asks: a device's token on API routes, a session with CSRF on pages; REST framework calls it at each request.

Every authenticated request carries `request.actor` (backend.scope.Actor) with the positions of this very moment: an
ended position, a signed-out or lost device and a person who left are effective at the next request.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from backend import app_versions, devices
from backend.errors import Problem
from backend.models import Device, DeviceState, Person
from backend.scope import Actor, actor_of

CHALLENGE = 'Bearer realm="api"'


class DeviceTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; the token is looked up at each request, with the positions of today (one query).

    A view that takes late work sets `accepts_ended_devices = True` and reads `request.auth.ended_at`: only items dated
    before it are the device's to push. All other views answer an ended device with 401 device_ended.
    """

    def authenticate(self, request: Request) -> tuple[Person, Device] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            device, actor = devices.identify(token.strip())
            if device.state == DeviceState.ENDED and not _takes_late_work(request):
                raise Problem("device_ended")
            app_versions.require(actor, request.path, request.META.get("HTTP_X_APP_VERSION"))
        except Problem as problem:
            if problem.status == 401:
                problem.headers["WWW-Authenticate"] = f'{CHALLENGE}, error="invalid_token"'
            raise
        request._request.actor = actor  # type: ignore[attr-defined]
        return device.person, device

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class PageSession(BaseAuthentication):
    """The browser's session, for pages that call the API; unsafe methods need the CSRF token (403 csrf_failed)."""

    def authenticate(self, request: Request) -> tuple[Person, None] | None:
        person = getattr(request._request, "user", None)
        if not isinstance(person, Person) or not person.is_active:
            return None
        _require_csrf(request._request)
        request._request.actor = actor_of(person)  # type: ignore[attr-defined]
        return person, None

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def actor(request: Request | HttpRequest) -> Actor:
    """The actor of an authenticated request; not_authenticated when there is none."""
    plain = request._request if isinstance(request, Request) else request
    found = getattr(plain, "actor", None)
    if not isinstance(found, Actor):
        raise Problem("not_authenticated", headers={"WWW-Authenticate": CHALLENGE})
    return found


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For pages: the session's person with the positions of today as `request.actor`, or off to /login."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = request.user
        if not isinstance(person, Person) or not person.is_active:
            return HttpResponseRedirect("/login?" + urlencode({"next": request.get_full_path()}))
        request.actor = actor_of(person)  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return inner


def _takes_late_work(request: Request) -> bool:
    view = (request.parser_context or {}).get("view")
    return bool(getattr(view, "accepts_ended_devices", False))


def _require_csrf(request: HttpRequest) -> None:
    def unused(_: HttpRequest) -> HttpResponse:
        return HttpResponse()

    check = CSRFCheck(unused)
    check.process_request(request)
    if check.process_view(request, unused, (), {}):
        raise Problem("csrf_failed")
