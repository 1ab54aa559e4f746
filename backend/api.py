"""The floor over HTTP: sign in and out, who am I, my devices. The verbs are in backend/devices.py."""

from __future__ import annotations

from typing import Any, cast

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate, logout
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import app_versions, clock, devices
from backend.errors import Problem
from backend.filters import DeviceFilters
from backend.http.auth import CHALLENGE
from backend.http.serializers import (
    AwareDateTimeField,
    OutModelSerializer,
    OutSerializer,
    StrictSerializer,
    WholeNumberField,
)
from backend.http.views import ScopedView
from backend.http.viewsets import ListActs, ReadActs, ScopedViewSet
from backend.models import Device, Level, Person, Position


class LoginIn(StrictSerializer):
    username = serializers.CharField(max_length=64)
    password = serializers.CharField(max_length=256, trim_whitespace=False)
    device_id = serializers.UUIDField(help_text="Made once by the phone; signing in again replaces its token.")
    device_name = serializers.CharField(max_length=80)


class HeartbeatIn(StrictSerializer):
    unsent = WholeNumberField(min_value=0, max_value=1_000_000, help_text="Items that the phone has yet to push.")
    oldest_at = AwareDateTimeField(allow_null=True, help_text="When the oldest of them was made; null without any.")
    app_version = serializers.RegexField(app_versions.SHAPE, help_text="1.4.2: one to four numbers.")
    sent_at = AwareDateTimeField(help_text="The phone's clock as it sends this.")


class HeartbeatOut(OutSerializer):
    server_time = serializers.DateTimeField()
    offset_s = serializers.IntegerField(help_text="The phone's clock less the server's, in seconds.")
    next_in_s = serializers.IntegerField(help_text="Report again after so many seconds; every phone is told another.")
    data_epoch = serializers.CharField(help_text="When it changes, offer the batches of the last 14 days again.")
    min_app_version = serializers.CharField(help_text="Older apps may not sync; empty: any may.", allow_blank=True)


class LogoutIn(StrictSerializer):
    unsent = WholeNumberField(
        min_value=0, max_value=1_000_000, default=0, help_text="Items the phone has yet to push; it may for 14 days."
    )


class MyselfOut(OutModelSerializer):
    class Meta:
        model = Person
        fields = ("id", "username", "name", "name_en", "language")


class HeldUnitOut(OutSerializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    level = serializers.ChoiceField(choices=[level.name.lower() for level in Level])


class HeldOut(OutSerializer):
    role = serializers.CharField()
    role_name = serializers.CharField()
    role_name_en = serializers.CharField()
    capabilities = serializers.ListField(child=serializers.CharField())
    from_date = serializers.DateField()
    unit = HeldUnitOut()


class MeOut(OutSerializer):
    person = MyselfOut()
    positions = HeldOut(many=True)
    data_epoch = serializers.CharField(help_text="When it changes, offer the batches of the last 14 days again.")
    server_time = serializers.DateTimeField()


class LoginOut(MeOut):
    token = serializers.CharField()
    device = serializers.UUIDField()
    expires_at = serializers.DateTimeField()


class DeviceOut(OutModelSerializer):
    person_name = serializers.CharField(source="person.name")

    class Meta:
        model = Device
        fields = (
            "id",
            "device_id",
            "name",
            "person",
            "person_name",
            "state",
            "signed_in_at",
            "last_used_at",
            "expires_at",
            "ended_at",
            "unsent",
            "oldest_unsent_at",
            "app_version",
            "offset_s",
            "heard_at",
        )


class Login(ScopedView):
    """Sign in on a phone. The answer holds the token, shown this once; send it as `Authorization: Bearer`."""

    authentication_classes = []
    permission_classes = []
    without_key = frozenset({"post"})
    problem_codes = ("bad_credentials", "device_lost", "too_many_attempts")
    in_serializers = {"post": LoginIn}
    answers = {"post": LoginOut}

    def post(self, request: Request) -> Response:
        given = self.body()
        person = authenticate(request=request._request, username=given["username"], password=given["password"])
        if not isinstance(person, Person):
            raise Problem("bad_credentials", headers={"WWW-Authenticate": CHALLENGE})
        AxesProxyHandler.reset_attempts(username=person.username)
        signed_in = devices.sign_in(person=person, device_id=given["device_id"], name=given["device_name"])
        told = {
            **_about(person),
            "token": signed_in.token,
            "device": signed_in.device.pk,
            "expires_at": signed_in.device.expires_at,
        }
        return Response(LoginOut(told).data)


class Logout(ScopedView):
    """Sign out of this phone (or, with a session, of the pages). What is unsent may still be pushed for 14 days."""

    needs = {"post": None}
    without_key = frozenset({"post"})
    in_serializers = {"post": LogoutIn}
    answers = {"post": None}

    def post(self, request: Request) -> Response:
        given = self.body()
        if isinstance(request.auth, Device):
            devices.sign_out(actor=self.actor, device=request.auth, unsent=given["unsent"])
        else:
            logout(request._request)
        return Response(status=204)


class Me(ScopedView):
    """Who I am, the positions I hold today, and the server's time (to measure the phone's clock by)."""

    needs = {"get": None}
    answers = {"get": MeOut}

    def get(self, request: Request) -> Response:
        return Response(MeOut(_about(cast(Person, request.user))).data)


class Heartbeat(ScopedView):
    """What the phone reports of itself every quarter of an hour; answers what it must know. Never 426."""

    needs = {"post": None}
    without_key = frozenset({"post"})  # the next one replaces it
    accepts_ended_devices = True  # what it still holds back is what its manager wants to know
    in_serializers = {"post": HeartbeatIn}
    answers = {"post": HeartbeatOut}

    def post(self, request: Request) -> Response:
        if not isinstance(request.auth, Device):
            raise Problem("forbidden")  # a browser's session is no phone
        device = devices.hear(device=request.auth, report=devices.Report(**self.body()))
        told = {
            "server_time": clock.now(),
            "offset_s": device.offset_s,
            "next_in_s": devices.next_report_in_s(),
            "data_epoch": devices.data_epoch(),
            "min_app_version": app_versions.minimum(self.actor),
        }
        return Response(HeartbeatOut(told).data)


class DeviceViewSet(ListActs, ReadActs, ScopedViewSet):
    """My phones, and for market managers, leaders and administrators those of the people under their units."""

    queryset = Device.objects.select_related("person")
    serializer_class = DeviceOut
    filterset_class = DeviceFilters
    total_order = ("-signed_in_at", "-id")
    needs = {"list": None, "retrieve": None, "end": None, "lost": None}
    without_key = frozenset({"end", "lost"})  # repeating either changes nothing

    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: Any = None) -> Response:
        """End one's own device, or with people.manage another's: it may push for 14 days what it recorded until now."""
        return self.told(devices.end_device(actor=self.actor, device_id=pk))

    @action(detail=True, methods=["post"])
    def lost(self, request: Request, pk: Any = None) -> Response:
        """Report the device lost: 401 for everything from its next request on."""
        return self.told(devices.mark_lost(actor=self.actor, device_id=pk))


def _about(person: Person) -> dict[str, Any]:
    """Two queries."""
    today = clock.today()
    held = Position.objects.filter(person=person, during__contains=today, unit__during__contains=today)
    positions = [
        {
            "role": position.role_id,
            "role_name": position.role.name,
            "role_name_en": position.role.name_en,
            "capabilities": sorted(position.role.capabilities),
            "from_date": position.during.lower,
            "unit": {
                "id": position.unit_id,
                "code": position.unit.code,
                "name": position.unit.name,
                "name_en": position.unit.name_en,
                "level": Level(position.unit.level).name.lower(),
            },
        }
        for position in held.select_related("role", "unit").order_by("unit__level", "id")
    ]
    return {
        "person": person,
        "positions": positions,
        "data_epoch": devices.data_epoch(),
        "server_time": clock.now(),
    }
