"""A photo whose bytes are here, and what its file said of itself; written by visits/photos.py and its processing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.links import far
from backend.scope import Internal, Scope, Stamped


class StoredPhoto(models.Model):
    """A photo under the phone's own id, as it came; shown once it was read through (`ready`).

    `visit_id` and what is stamped with it are those of the visit that declares it with this very hash; null: none does
    (yet). `name` is that of the file in the store; the copies shown stand beside it.
    """

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")

    class State(models.TextChoices):
        ARRIVED = "arrived", _("arrived")
        READY = "ready", _("ready to be shown")
        REFUSED = "refused", _("cannot be shown")

    class Reason(models.TextChoices):
        UNKNOWN_TYPE = "unknown_type", _("no picture of a kind that we take")
        UNREADABLE = "unreadable", _("broken")
        TRUNCATED = "truncated", _("cut off")
        TOO_LARGE = "too_large", _("too many pixels")
        ANIMATED = "animated", _("moving picture")
        TOO_COSTLY = "too_costly", _("took too much memory or time to read")

    id = models.UUIDField(primary_key=True)
    person = far("backend.Person")
    device = far("backend.Device", null=True)
    sha256 = models.BinaryField(max_length=32)
    size_bytes = models.PositiveIntegerField(_("bytes"))
    name = models.CharField(max_length=120)
    taken_at = models.DateTimeField(_("taken, by the phone"), null=True)
    arrived_at = models.DateTimeField(_("arrived"))
    state = models.CharField(max_length=8, choices=State.choices, default=State.ARRIVED)
    reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)
    processed_at = models.DateTimeField(null=True)
    media_type = models.CharField(max_length=16, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    phash = models.BigIntegerField(null=True)  # difference hash of 64 bits
    blur = models.FloatField(null=True)  # variance of the Laplacian; the smaller, the more blurred
    darkness = models.FloatField(null=True)  # 0 white .. 1 black
    month = models.DateField(null=True)
    visit_id = models.UUIDField(null=True)
    retailer = far("retail.Retailer", null=True)
    territory = far("backend.Unit", null=True)
    county = far("backend.Unit", null=True)
    kind = models.CharField(max_length=10, blank=True)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ("-arrived_at", "-id")
        indexes = (
            models.Index(fields=["arrived_at"], name="photo_to_read", condition=models.Q(state="arrived")),
            models.Index(fields=["-arrived_at", "-id"], name="photo_recent"),
            models.Index(fields=["sha256"], name="photo_sha256"),
            models.Index(fields=["visit_id"], name="photo_visit"),
            models.Index(fields=["retailer", "arrived_at"], name="photo_retailer"),
            models.Index(fields=["person", "arrived_at"], name="photo_person"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class PhotoExif(models.Model):
    """What the file said of itself: taken off every copy that is shown, read with restricted.read only."""

    SCOPE: ClassVar[Scope] = Internal()

    photo = models.OneToOneField(StoredPhoto, models.CASCADE, primary_key=True, related_name="exif")
    taken_at = models.DateTimeField(null=True)  # by the camera's clock
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    tags = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.photo_id)
