"""A client for everybody in the policy table, on a phone or in a browser; used by the fixtures of the walk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from rest_framework.test import APIClient

from backend import clock
from backend.models import Device, DeviceState, Person
from tests.cast import Cast, phone_of
from tests.walk.policy import PRINCIPALS, UNSIGNED


def phones(cast: Cast) -> dict[str, APIClient]:
    """A client for every principal of the policy table."""
    found = {name: phone_of(cast.people[name]) for name in PRINCIPALS if name not in UNSIGNED}
    found["anonymous"] = APIClient(HTTP_ACCEPT_LANGUAGE="zh-hans")
    states: dict[str, dict[str, Any]] = {
        "expired": {"expires_at": clock.now() - timedelta(seconds=1)},
        "lost": {"state": DeviceState.LOST},
        "ended": {"state": DeviceState.ENDED, "ended_at": clock.now() - timedelta(days=1)},
    }
    for name, changes in states.items():
        found[name] = phone_of(cast.lin, device_id=name)
        Device.objects.filter(device_id=name).update(**changes)
    for client in found.values():
        client.raise_request_exception = False
    return found


def browser(person: Person) -> Client:
    """A browser with the person's session."""
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans", raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
