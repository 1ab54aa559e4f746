"""The client: the retailer's file, its classes over time, which territory it belongs to, and what was promised."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.scope import Internal, OfShop, Routed, Scope


class Retailer(models.Model):
    """A shop that holds (or held) a tobacco retail licence. Never deleted; its state lives in Classification."""

    SCOPE: ClassVar[Scope] = OfShop(capability="retail.read", shop="id", county="county_id")

    class Datum(models.TextChoices):
        WGS84 = "WGS-84", "WGS-84"
        GCJ02 = "GCJ-02", "GCJ-02"
        BD09 = "BD-09", "BD-09"
        UNKNOWN = "unknown", _("unknown")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(_("client code"), max_length=20, unique=True)
    licence_no = models.CharField(_("licence number"), max_length=20, unique=True)
    licence_valid_until = models.DateField(_("licence valid until"), null=True, blank=True)
    name = models.CharField(_("shop name"), max_length=120)
    holder = models.CharField(_("licence holder"), max_length=60)
    address = models.CharField(_("address"), max_length=200, blank=True)
    county = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("county"))
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    datum = models.CharField(_("datum"), max_length=8, choices=Datum.choices, default=Datum.UNKNOWN)
    opens_at = models.TimeField(_("opens"), null=True, blank=True)
    closes_at = models.TimeField(_("closes"), null=True, blank=True)
    order_weekday = models.PositiveSmallIntegerField(_("order weekday (1 = Monday)"), null=True, blank=True)
    opened_on = models.DateField(_("client since"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("retailer")
        verbose_name_plural = _("retailers")
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                condition=Q(lon=None, lat=None) | Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="retailer_point_whole",
            ),
            models.CheckConstraint(
                condition=Q(order_weekday=None) | Q(order_weekday__gte=1, order_weekday__lte=7),
                name="retailer_order_weekday",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Classification(models.Model):
    """All classes of a retailer and its state, from-to: past reports keep the class of their day."""

    SCOPE: ClassVar[Scope] = OfShop(capability="retail.read", shop="retailer_id", county="retailer__county_id")

    class BusinessType(models.TextChoices):
        GROCERY = "Z", _("grocery")
        CONVENIENCE = "B", _("convenience store")
        SUPERMARKET = "S", _("supermarket")
        MALL = "N", _("department store")
        TOBACCO = "Y", _("tobacco and liquor shop")
        LEISURE = "F", _("leisure and service")
        OTHER = "Q", _("other")

    class MarketType(models.TextChoices):
        URBAN = "C", _("urban")
        RURAL = "X", _("rural")

    class Scale(models.IntegerChoices):
        LARGE = 1, _("large")
        MIDDLE = 2, _("middle")
        SMALL = 3, _("small")

    class TerminalType(models.TextChoices):
        ORDINARY = "ordinary", _("ordinary terminal")
        MODERN = "modern", _("modern terminal")
        FRANCHISE = "franchise", _("franchise terminal")

    class VisitClass(models.TextChoices):
        WEEKLY = "A", _("A: weekly")
        FORTNIGHTLY = "B", _("B: every two weeks")
        MONTHLY = "C", _("C: monthly")

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        CLOSED = "closed", _("closed")

    retailer = models.ForeignKey(Retailer, models.PROTECT, related_name="classifications", verbose_name=_("retailer"))
    during = DateRangeField(_("in force"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACTIVE)
    business_type = models.CharField(_("business type"), max_length=1, choices=BusinessType.choices)
    market_type = models.CharField(_("market type"), max_length=1, choices=MarketType.choices)
    scale = models.PositiveSmallIntegerField(_("scale"), choices=Scale.choices)
    tier = models.PositiveSmallIntegerField(_("tier (1-30)"), null=True, blank=True)
    integrity_grade = models.CharField(_("integrity grade"), max_length=4, blank=True)
    terminal_type = models.CharField(
        _("terminal type"), max_length=10, choices=TerminalType.choices, default=TerminalType.ORDINARY
    )
    trade_area = models.CharField(_("trade area"), max_length=20, blank=True)
    visit_class = models.CharField(
        _("visit class"), max_length=1, choices=VisitClass.choices, default=VisitClass.MONTHLY
    )

    class Meta:
        verbose_name = _("classification")
        verbose_name_plural = _("classifications")
        ordering = ("retailer_id", "during")
        constraints = (
            ExclusionConstraint(
                name="classification_once",
                expressions=[("retailer", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=Q(tier=None) | Q(tier__gte=1, tier__lte=30), name="classification_tier_1_to_30"
            ),
        )
        # Few shops are closed: who is still open is told without reading the classes of all.
        indexes = (models.Index(fields=["retailer"], name="classification_closed", condition=Q(state="closed")),)

    def __str__(self) -> str:
        return f"{self.retailer.name} · {self.market_type}{self.business_type}{self.scale}"


class Assignment(models.Model):
    """A shop belongs to a territory from-to; never to two at once."""

    SCOPE: ClassVar[Scope] = OfShop(capability="retail.read", shop="retailer_id", county="retailer__county_id")

    retailer = models.ForeignKey(Retailer, models.PROTECT, related_name="assignments", verbose_name=_("retailer"))
    territory = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("territory"))
    during = DateRangeField(_("in force"))

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ("retailer_id", "during")
        constraints = (
            ExclusionConstraint(
                name="assignment_once",
                expressions=[("retailer", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
        )
        indexes = (
            models.Index(fields=["territory"], name="assignment_territory"),
            models.Index(F("during__startswith"), name="assignment_began"),  # which shops came since a day ...
            models.Index(
                F("during__endswith"), name="assignment_ended", condition=Q(during__endswith__isnull=False)
            ),  # ... and which have left
        )

    def __str__(self) -> str:
        return f"{self.retailer.name} · {self.territory.name}"


class Contact(models.Model):
    """Somebody at the shop whom one can reach."""

    SCOPE: ClassVar[Scope] = OfShop(capability="retail.read", shop="retailer_id", county="retailer__county_id")

    id = models.UUIDField(primary_key=True, default=uuid7)
    retailer = models.ForeignKey(Retailer, models.PROTECT, related_name="contacts", verbose_name=_("retailer"))
    name = models.CharField(_("name"), max_length=60)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    relation = models.CharField(_("relation to the shop"), max_length=40, blank=True)
    is_primary = models.BooleanField(_("first to call"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("retailer_id", "-is_primary", "name", "id")
        constraints = (
            models.UniqueConstraint(fields=["retailer"], condition=Q(is_primary=True), name="contact_one_primary"),
        )

    def __str__(self) -> str:
        return self.name


# Posts that see of the needs only what is routed to them.
DEPARTMENT_POSTS = (("service_desk", "service_desk"), ("enforcement", "enforcement"), ("logistics", "logistics"))


class Need(models.Model):
    """Something the retailer needs; open until closed with an outcome.

    A complaint or a request is routed to a department, which takes it and replies by `reply_due_at`.
    """

    SCOPE: ClassVar[Scope] = Routed(
        capability="retail.read", shop="retailer_id", county="retailer__county_id", departments=DEPARTMENT_POSTS
    )

    class Kind(models.TextChoices):
        SUPPLY = "supply", _("supply")
        BRAND = "brand", _("brand")
        DISPLAY = "display", _("display")
        TRAINING = "training", _("training")
        COMPLAINT = "complaint", _("complaint")
        REQUEST = "request", _("request for support")
        OTHER = "other", _("other")

    class Department(models.TextChoices):
        SERVICE_DESK = "service_desk", _("service desk")
        ENFORCEMENT = "enforcement", _("enforcement")
        BRAND = "brand", _("brand")
        LOGISTICS = "logistics", _("logistics")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ROUTED = "routed", _("routed")
        TAKEN = "taken", _("taken")
        REPLIED = "replied", _("replied")
        CLOSED = "closed", _("closed")

    id = models.UUIDField(primary_key=True, default=uuid7)
    retailer = models.ForeignKey(Retailer, models.PROTECT, related_name="needs", verbose_name=_("retailer"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    text = models.TextField(_("what is needed"))
    priority = models.PositiveSmallIntegerField(_("priority (1 = first)"), default=2)
    raised_by = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("raised by"))
    raised_on = models.DateField(_("raised"))
    due_on = models.DateField(_("due"), null=True, blank=True)
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    outcome = models.TextField(_("outcome"), blank=True)
    origin_visit_id = models.UUIDField(null=True, blank=True)  # a visit of a higher app: no foreign key
    department = models.CharField(_("department"), max_length=12, choices=Department.choices, blank=True, db_default="")
    routed_at = models.DateTimeField(_("routed"), null=True, blank=True)
    reply_due_at = models.DateTimeField(_("reply due"), null=True, blank=True)
    taken_by = models.ForeignKey("backend.Person", models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    replied_at = models.DateTimeField(_("replied"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        ordering = ("-raised_on", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(closed_on=None) | (Q(closed_on__gte=F("raised_on")) & ~Q(outcome="")),
                name="need_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(department="", routed_at=None, reply_due_at=None, taken_at=None, replied_at=None)
                | (~Q(department="") & Q(routed_at__isnull=False, reply_due_at__isnull=False)),
                name="need_routed_whole",
            ),
        )
        indexes = (
            models.Index(fields=["department", "reply_due_at"], name="need_waiting", condition=Q(replied_at=None)),
        )

    def __str__(self) -> str:
        return self.text[:40]

    @property
    def state(self) -> State:
        """Where it stands: never set by itself."""
        if self.closed_on is not None:
            return self.State.CLOSED
        if self.replied_at is not None:
            return self.State.REPLIED
        if self.taken_at is not None:
            return self.State.TAKEN
        return self.State.ROUTED if self.department else self.State.OPEN


class NeedReply(models.Model):
    """What a department answered; several, the last one stands."""

    SCOPE: ClassVar[Scope] = Routed(
        capability="retail.read",
        shop="need__retailer_id",
        county="need__retailer__county_id",
        field="need__department",
        departments=DEPARTMENT_POSTS,
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    need = models.ForeignKey(Need, models.CASCADE, related_name="replies", verbose_name=_("need"))
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("person"))
    made_at = models.DateTimeField(_("made"))
    words = models.TextField(_("words"))

    class Meta:
        verbose_name = _("reply to a need")
        verbose_name_plural = _("replies to needs")
        ordering = ("need_id", "made_at", "id")

    def __str__(self) -> str:
        return self.words[:40]


class NeedEvent(models.Model):
    """A need changed: its type, priority, department or due day moved; the timeline of what a shop wants."""

    SCOPE: ClassVar[Scope] = Routed(
        capability="retail.read",
        shop="need__retailer_id",
        county="need__retailer__county_id",
        field="need__department",
        departments=DEPARTMENT_POSTS,
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    need = models.ForeignKey(Need, models.CASCADE, related_name="events", verbose_name=_("need"))
    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("person"))
    made_at = models.DateTimeField(_("made"))
    what = models.CharField(_("what changed"), max_length=12)
    before = models.CharField(_("before"), max_length=40, blank=True)
    after = models.CharField(_("after"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("change of a need")
        verbose_name_plural = _("changes of needs")
        ordering = ("need_id", "made_at", "id")

    def __str__(self) -> str:
        return f"{self.what}: {self.before} -> {self.after}"


class Promise(models.Model):
    """What we promised a retailer, by when; it survives a handover and never closes without a word."""

    SCOPE: ClassVar[Scope] = OfShop(capability="retail.read", shop="retailer_id", county="retailer__county_id")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        KEPT = "kept", _("kept")
        DROPPED = "dropped", _("dropped, with a reason")

    id = models.UUIDField(primary_key=True, default=uuid7)
    retailer = models.ForeignKey(Retailer, models.PROTECT, related_name="promises", verbose_name=_("retailer"))
    text = models.TextField(_("promise"))
    promised_by = models.ForeignKey("backend.Person", models.PROTECT, related_name="+", verbose_name=_("promised by"))
    promised_on = models.DateField(_("promised"))
    due_on = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    settled_on = models.DateField(_("settled"), null=True, blank=True)
    outcome = models.TextField(_("outcome"), blank=True)
    origin_visit_id = models.UUIDField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        ordering = ("due_on", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(state="open", settled_on=None) | (~Q(state="open") & Q(settled_on__isnull=False)),
                name="promise_settled_whole",
            ),
            models.CheckConstraint(condition=~Q(state="dropped", outcome=""), name="promise_dropped_with_reason"),
        )
        indexes = (models.Index(fields=["due_on"], name="promise_due", condition=Q(state="open")),)

    def __str__(self) -> str:
        return self.text[:40]


class Withdrawn(models.Model):
    """A need or promise that its author took back: it stands nowhere else, and its id is never given again."""

    SCOPE: ClassVar[Scope] = Internal()  # read in the audit

    class Kind(models.TextChoices):
        NEED = "need", _("need")
        PROMISE = "promise", _("promise")

    id = models.UUIDField(primary_key=True)  # that of the need or promise
    kind = models.CharField(max_length=8, choices=Kind.choices)
    retailer = models.ForeignKey(Retailer, models.PROTECT, related_name="+")
    content = models.JSONField()  # its columns as they stood
    withdrawn_by = models.ForeignKey("backend.Person", models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
