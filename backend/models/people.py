"""People who sign in and the devices they do it from."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from backend import clock
from backend.ids import uuid7
from backend.scope import Owned, Scope


class People(BaseUserManager["Person"]):
    """Looks people up by username, as django.contrib.auth asks."""

    def create_superuser(self, username: str, name: str, password: str | None = None) -> Person:
        """What `manage.py createsuperuser` calls: an administrator of the whole tree (backend/administrators.py)."""
        from backend.administrators import make_administrator

        return make_administrator(username=username, name=name, password=password)


class Person(AbstractBaseUser):
    """Somebody of the company. What a person may do follows from positions held today, never from flags here."""

    SCOPE: ClassVar[Scope] = Owned(capability="people.read", owner="id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(_("username"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=8, default="zh-hans")
    is_active = models.BooleanField(_("may sign in"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ("username",)

    def __str__(self) -> str:
        return f"{self.name} ({self.username})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Whoever sets a new password (desk, `manage.py changepassword`) ends the phones that the old one opened."""
        is_renewed = getattr(self, "_password", None) is not None and not self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_renewed:
                Device.objects.filter(person=self, state=DeviceState.ACTIVE).update(
                    state=DeviceState.ENDED, ended_at=clock.now(), version=models.F("version") + 1
                )

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        """May open the admin pages: a position held today carries `admin.site`."""
        return self._can("admin.site")

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether the admin page of `app.act_model` is open to this person; rows are narrowed by scope."""
        from backend.admin_rights import may

        return may(self, perm)

    def has_module_perms(self, app_label: str) -> bool:
        return self._can("admin.site")

    def _can(self, capability: str) -> bool:
        from backend.admin_rights import admin_actor

        return self.is_active and admin_actor(self).can(capability)


class DeviceState(models.TextChoices):
    """active; ended: may still push what is dated before its end, for 14 days; lost: nothing at all."""

    ACTIVE = "active", _("active")
    ENDED = "ended", _("ended")
    LOST = "lost", _("lost")


class Device(models.Model):
    """A phone that a person signed in on; its opaque token is stored hashed and read at each request."""

    SCOPE: ClassVar[Scope] = Owned(capability="devices.read", owner="person_id")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="devices", verbose_name=_("person"))
    device_id = models.CharField(_("the phone's own id"), max_length=64)
    name = models.CharField(_("name"), max_length=80)
    token_hash = models.BinaryField(max_length=32, unique=True, null=True, editable=False)
    signed_in_at = models.DateTimeField(_("signed in"))
    last_used_at = models.DateTimeField(_("last heard"))
    expires_at = models.DateTimeField(_("token ends"))  # slides 30 days, at most 180 after signed_in_at
    state = models.CharField(_("state"), max_length=8, choices=DeviceState.choices, default=DeviceState.ACTIVE)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    unsent = models.PositiveIntegerField(_("unsent items it told of"), default=0)
    oldest_unsent_at = models.DateTimeField(_("oldest of them"), null=True, blank=True)
    app_version = models.CharField(_("version of its app"), max_length=32, blank=True, default="")
    offset_s = models.IntegerField(_("its clock less ours, seconds"), null=True, blank=True)
    heard_at = models.DateTimeField(_("last report"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ("person_id", "id")
        constraints = (models.UniqueConstraint(fields=["person", "device_id"], name="device_once_per_person"),)

    def __str__(self) -> str:
        return self.name
