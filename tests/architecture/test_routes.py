"""Every route stands behind the gate, or is on the short list of public ones; each names what it needs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from rest_framework.views import APIView

from backend import checks
from backend.http.routes import PUBLIC_ROUTES, Route, all_routes
from backend.http.views import Gate
from backend.http.viewsets import ScopedViewSet
from backend.models import IdempotencyKey, Parameter
from backend.roles import ROLES
from backend.scope import Internal

# Pages that no position opens: signing in, language, health, what a problem means. All others ask for a session.
OPEN_PAGES = {"/login", "/logout", "/language", "/healthz", "/readyz", "/metrics", "/api/docs"}
OPEN_PAGES |= {"/problems", "/problems/<str:code>", "/favicon.ico"}
OPEN_PAGES |= {"/app", "/app/", "/app/sw.js"}  # the phone's page holds no data; its log-in is a token
KNOWN_CAPABILITIES = {capability for role in ROLES for capability in role.capabilities}
ROUTES = all_routes()
API = [route for route in ROUTES if route.is_api]
FRAMEWORK_PAGES = ("/desk/", "/static/")


@pytest.mark.parametrize("route", API, ids=lambda route: route.path)
def test_an_api_route_stands_behind_the_gate_or_is_public(route: Route) -> None:
    if not (isinstance(route.view, type) and issubclass(route.view, Gate)):
        assert route.path in PUBLIC_ROUTES
        return
    assert route.acts, "answers no method"
    if not route.view.permission_classes:
        assert route.path in PUBLIC_ROUTES
        return
    for act in route.acts.values():
        assert act in route.view.needs, f"needs does not say what {act} asks for"
        assert route.view.needs[act] is None or route.view.needs[act] in KNOWN_CAPABILITIES


def test_no_view_of_rest_framework_is_outside_the_gate() -> None:
    outside = [r.path for r in ROUTES if isinstance(r.view, type) and issubclass(r.view, APIView)]
    outside = [r.path for r in ROUTES if r.path in outside and not issubclass(r.view, Gate)]
    assert outside == []


def test_the_public_list_holds_nothing_that_is_gone() -> None:
    assert {r.path for r in ROUTES} >= PUBLIC_ROUTES | OPEN_PAGES


@pytest.mark.parametrize("route", [r for r in API if r.path not in PUBLIC_ROUTES], ids=lambda route: route.path)
def test_without_signing_in_an_api_route_tells_nothing(route: Route, client: Client, db: None) -> None:
    keys = {"uuid": "0190aaaa-0000-7000-8000-000000000000", "int": "1"}
    path = re.sub(r"<(\w+):\w+>", lambda found: keys.get(found[1], "2026-03-16"), route.path)
    for method in route.acts:
        answer = client.generic(method, path, b"{}", content_type="application/json")
        assert (method, answer.status_code) == (method, 401)
        assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.is_api], ids=lambda route: route.path)
def test_a_page_asks_for_a_session_unless_it_is_open(route: Route, client: Client, db: None) -> None:
    if route.path in OPEN_PAGES or route.path.startswith(FRAMEWORK_PAGES) or "<" in route.path:
        return
    answer = client.get(route.path)
    assert answer.status_code in {302, 405}, "shows something without signing in"
    assert answer.status_code == 405 or answer["Location"].startswith("/login")


def faults(view: Any, acts: set[str]) -> list[str | None]:
    return [fault.id for fault in checks._faults(view, acts)]


def test_the_checks_find_what_a_viewset_forgot() -> None:
    class Good(ScopedViewSet):
        queryset = Parameter.objects.all()
        total_order = ("key", "id")
        needs = {"list": "org.read"}

    class Unserved(ScopedViewSet):
        queryset = IdempotencyKey.objects.all()
        needs = {"list": "org.read"}

    class Loose(ScopedViewSet):
        queryset = Parameter.objects.all()
        total_order = ("key",)
        needs = {"list": "org.read"}

    assert faults(Good, {"list"}) == []
    assert faults(Good, {"list", "retrieve"}) == ["backend.E003"]
    assert faults(Unserved, {"list"}) == ["backend.E002"]
    assert faults(Loose, {"list"}) == ["backend.E004"]
    assert isinstance(IdempotencyKey.SCOPE, Internal)


def test_the_checks_find_a_model_without_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.models_declare_scope() == []
    monkeypatch.delattr(Parameter, "SCOPE")
    assert [(fault.id, fault.obj) for fault in checks.models_declare_scope()] == [("backend.E001", Parameter)]


def test_the_whole_system_passes_its_checks() -> None:
    assert checks.routes_are_scoped() == []
