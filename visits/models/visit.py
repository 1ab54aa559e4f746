"""The visit and what it carries, partitioned by the business month of its corrected start; written by verbs only."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.links import far
from backend.scope import Actor, Internal, Scope, Stamped, visible_to


class Visit(models.Model):
    """One call at one shop, under the phone's own UUID, stamped with the units of its business date."""

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")
    PARTITIONED: ClassVar[str] = "monthly"

    class Presence(models.TextChoices):
        VALID = "valid", _("at the shop")
        TO_VERIFY = "to_verify", _("to verify")
        UNKNOWN = "unknown", _("no position")
        REJECTED = "rejected", _("rejected")

    class Unplanned(models.TextChoices):
        SHOP_ASKED = "shop_asked", _("the shop asked")
        NEARBY = "nearby", _("was nearby")
        COMPLAINT = "complaint", _("complaint")
        FOLLOW_UP = "follow_up", _("follow-up")
        TOLD_TO = "told_to", _("asked by a superior")
        OTHER = "other", _("other")

    class Purpose(models.TextChoices):
        SERVICE = "service", _("service")
        ORDER = "order", _("order guidance")
        DISPLAY = "display", _("display")
        BRAND = "brand", _("brand")
        POLICY = "policy", _("policy")
        INTELLIGENCE = "intelligence", _("market intelligence")
        COMPLIANCE = "compliance", _("compliance")
        TRAINING = "training", _("training")
        COMPLAINT = "complaint", _("complaint")

    id = models.UUIDField(primary_key=True)  # in the database (id, month)
    month = models.DateField()
    retailer = far("retail.Retailer")
    person = far("backend.Person")
    device = far("backend.Device", null=True)
    territory = far("backend.Unit")
    county = far("backend.Unit")
    on_date = models.DateField(_("business date"))
    started_at = models.DateTimeField(_("started (corrected)"))
    ended_at = models.DateTimeField(_("ended (corrected)"), null=True)
    device_started_at = models.DateTimeField(_("started by the phone's clock"))
    device_ended_at = models.DateTimeField(_("ended by the phone's clock"), null=True)
    received_at = models.DateTimeField(_("received"))
    device_offset_s = models.BigIntegerField(_("phone's clock ahead by, s"), null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    datum = models.CharField(max_length=8, default="unknown")
    accuracy_m = models.FloatField(null=True)
    distance_m = models.FloatField(_("distance from the shop, m"), null=True)
    presence = models.CharField(max_length=10, choices=Presence.choices)
    flags = ArrayField(models.CharField(max_length=16), default=list)
    away_reason = models.CharField(_("why away from the shop"), max_length=200, blank=True)
    persons_met = models.CharField(_("persons met"), max_length=120, blank=True)
    note = models.TextField(_("note"), blank=True)
    template_version = far("visits.TemplateVersion", null=True)
    display_score = models.DecimalField(_("display score"), max_digits=5, decimal_places=2, null=True)
    stop_id = models.UUIDField(_("planned stop that the phone meant to serve"), null=True)
    unplanned_reason = models.CharField(max_length=12, choices=Unplanned.choices, blank=True, db_default="")
    purposes = ArrayField(models.CharField(max_length=16), default=list, db_default=[])
    tags = ArrayField(models.CharField(max_length=24), default=list, db_default=[])
    left_lon = models.FloatField(null=True)
    left_lat = models.FloatField(null=True)
    left_datum = models.CharField(max_length=8, null=True)
    left_accuracy_m = models.FloatField(null=True)
    left_distance_m = models.FloatField(_("distance from the shop at the end, m"), null=True)
    typed_s = models.PositiveIntegerField(_("seconds spent typing"), null=True)
    confirmed_by = models.CharField(_("confirmed by"), max_length=60, blank=True, db_default="")
    signature_photo_id = models.UUIDField(_("photo of the signature"), null=True)
    photos_declared = models.PositiveSmallIntegerField(_("photos declared"), default=0, db_default=0)
    photos_missing = models.PositiveSmallIntegerField(_("photos still missing"), default=0, db_default=0)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1, db_default=1)
    content_sha256 = models.BinaryField(max_length=32, null=True)  # of an edited visit; null: as in its receipt

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ("-started_at", "-id")
        indexes = (
            models.Index(fields=["territory", "-started_at"], name="visit_territory"),
            models.Index(fields=["retailer", "-started_at"], name="visit_retailer"),
            models.Index(fields=["person", "-started_at"], name="visit_person"),
            models.Index(fields=["-started_at", "-id"], name="visit_recent"),
            models.Index(fields=["received_at"], name="visit_missing", condition=models.Q(photos_missing__gt=0)),
        )

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def version(self) -> int:
        """What an edit must know: its ETag holds it (backend/http/etags.py)."""
        return int(self.revision)


class VisitLine(models.Model):
    """What every captured line shares: it belongs to a visit of the same month and is reached through it."""

    SCOPE: ClassVar[Scope] = Internal()
    PARTITIONED: ClassVar[str] = "monthly"

    month = models.DateField()
    visit_id = models.UUIDField()
    line_no = models.PositiveSmallIntegerField()

    class Meta:
        abstract = True


class OfVisit(Scope):
    """Lines of visits that the reader may see."""

    def where(self, actor: Actor, on: date) -> models.Q:
        visit = Visit.objects.filter(pk=models.OuterRef("visit_id"), month=models.OuterRef("month"))
        return models.Q(models.Exists(visible_to(visit, actor, on)))


class CheckLine(VisitLine):
    """One answered item of the display check. `passed` null = not applicable."""

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    item_code = models.CharField(max_length=32)
    answer = models.CharField(max_length=80)
    passed = models.BooleanField(null=True)  # as found; what was put right on the spot keeps it, with `fixed`
    points = models.DecimalField(max_digits=5, decimal_places=2)
    products = ArrayField(models.BigIntegerField(), null=True)  # the answer to a product_list item
    fixed = models.BooleanField(default=False, db_default=False)
    before_photo_id = models.UUIDField(null=True)
    after_photo_id = models.UUIDField(null=True)


class Observation(VisitLine):
    """What was seen of one product: price, stock, facings, days out of stock. Null = not looked at."""

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    product = far("brands.Product")
    on_shelf = models.BooleanField(null=True)
    carton_price_fen = models.PositiveIntegerField(null=True)
    pack_price_fen = models.PositiveIntegerField(null=True)
    stock_packs = models.PositiveIntegerField(null=True)
    facings = models.PositiveSmallIntegerField(null=True)
    oos_days = models.PositiveSmallIntegerField(null=True)
    confidence = models.PositiveSmallIntegerField(null=True)  # 1 heard of, 2 likely, 3 seen


class Remark(VisitLine):
    """What was learnt beside the products: an opinion, a rival's move, an event, a flow price, irregular trade ...

    `is_restricted`: irregular trade, shown to its author and to those who may read what is restricted.
    """

    class Kind(models.TextChoices):
        BRAND_OPINION = "brand_opinion", _("opinion on a brand")
        POLICY_OPINION = "policy_opinion", _("opinion on a policy")
        CAMPAIGN_OPINION = "campaign_opinion", _("opinion on a campaign")
        RIVAL_MOVE = "rival_move", _("a rival's move")
        EVENT = "event", _("event nearby")
        FLOW_PRICE = "flow_price", _("price among dealers")
        IRREGULAR = "irregular", _("irregular trade")
        CONSUMER_TREND = "consumer_trend", _("consumer trend")
        OTHER = "other", _("other")

    class Confidence(models.IntegerChoices):
        HEARD = 1, _("heard of")
        LIKELY = 2, _("likely")
        SEEN = 3, _("seen")

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    product = far("brands.Product", null=True)
    policy = far("visits.Policy", null=True)
    text = models.TextField()
    counter_proposal = models.TextField(blank=True)
    confidence = models.PositiveSmallIntegerField(choices=Confidence.choices, null=True)
    place = models.CharField(max_length=120, blank=True, db_default="")
    campaign = models.CharField(max_length=80, blank=True, db_default="")
    price_fen = models.PositiveIntegerField(null=True)
    quantity = models.PositiveIntegerField(null=True)  # cartons
    is_restricted = models.BooleanField(default=False, db_default=False)


class Briefing(VisitLine):
    """A policy version told to the retailer. `understanding` 1 (not at all) to 5 (fully), null = not asked.

    `answers`: the shop's answers to the version's questions [{"question", "choice"}]; `passed` is what they come to,
    null = not asked. `unanswered`: the account manager could not answer `question`.
    """

    class Channel(models.TextChoices):
        VISIT = "visit", _("visit")
        PHONE = "phone", _("phone")
        GROUP = "group", _("meeting")
        WECHAT = "wechat", _("WeChat")

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    policy_version = far("visits.PolicyVersion")
    told_to = models.CharField(max_length=60, blank=True)
    understanding = models.PositiveSmallIntegerField(null=True)
    question = models.TextField(blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.VISIT, db_default="visit")
    answers = models.JSONField(default=list, db_default=[])
    passed = models.BooleanField(null=True)
    signature_photo_id = models.UUIDField(null=True)
    unanswered = models.BooleanField(default=False, db_default=False)


class Pitch(VisitLine):
    """A product recommended to the retailer: taken or not, and if not, why."""

    class Refusal(models.TextChoices):
        PRICE = "price", _("price")
        SLOW = "slow", _("sells slowly")
        STOCK = "stock", _("stock left")
        UNKNOWN_PRODUCT = "unknown", _("customers do not know it")
        MARGIN = "margin", _("margin")
        OTHER = "other", _("other")

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    product = far("brands.Product")
    accepted = models.BooleanField()
    refusal = models.CharField(max_length=10, choices=Refusal.choices, blank=True)
    words = models.CharField(max_length=200, blank=True)


class Training(VisitLine):
    """The retailer was taught something. `understanding` as of a briefing."""

    SCOPE: ClassVar[Scope] = OfVisit()

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    topic = models.CharField(max_length=120)
    minutes = models.PositiveSmallIntegerField()
    told_to = models.CharField(max_length=60, blank=True)
    understanding = models.PositiveSmallIntegerField(null=True)


class ComplianceCheck(VisitLine):
    """Price tags, licence and minors as found: one line a visit at most; null = not looked at."""

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    tags_shown = models.PositiveSmallIntegerField(null=True)  # products on show
    tags_missing = models.PositiveSmallIntegerField(null=True)
    tags_mismatched = models.PositiveSmallIntegerField(null=True)
    tags_altered = models.PositiveSmallIntegerField(null=True)
    tags_over_cap = models.PositiveSmallIntegerField(null=True)  # above the highest price that is allowed
    licence_shown = models.BooleanField(null=True)
    holder_trades = models.BooleanField(null=True)
    goods_genuine = models.BooleanField(null=True)
    minors_sign = models.BooleanField(null=True)
    id_asked = models.BooleanField(null=True)
    near_school = models.BooleanField(null=True)
    words = models.CharField(max_length=500, blank=True)


class Photo(VisitLine):
    """A photo that the visit declares; the bytes come by themselves, before or after it. Null `arrived_at`: missing."""

    class Kind(models.TextChoices):
        SHOP = "shop", _("shop front")
        DISPLAY = "display", _("display")
        BEFORE = "before", _("before")
        AFTER = "after", _("after")
        TAG = "tag", _("price tags")
        LICENCE = "licence", _("licence")
        AWAY = "away", _("away from the shop")
        SIGNATURE = "signature", _("signature")
        OTHER = "other", _("other")

    pk = models.CompositePrimaryKey("month", "visit_id", "line_no")
    photo_id = models.UUIDField()
    sha256 = models.BinaryField(max_length=32)
    size_bytes = models.PositiveIntegerField()
    taken_at = models.DateTimeField()  # corrected as the visit's times are
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OTHER)
    item_code = models.CharField(max_length=32, blank=True)
    arrived_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["photo_id"], name="photo_by_id"),
            models.Index(fields=["photo_id"], name="photo_awaited", condition=models.Q(arrived_at=None)),
        )


class VisitRevision(models.Model):
    """One edit or withdrawal of a visit, with what stood before and after; never changed.

    `before`, `after`: the visit as a phone tells it (visits/telling.py); a withdrawn visit stands nowhere else.
    """

    SCOPE: ClassVar[Scope] = Stamped(capability="visits.read")

    class Act(models.TextChoices):
        EDIT = "edit", _("edited")
        WITHDRAW = "withdraw", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    visit_id = models.UUIDField()
    month = models.DateField()
    number = models.PositiveSmallIntegerField()  # the revision that it made; 1 is the visit as it first came
    act = models.CharField(max_length=8, choices=Act.choices)
    retailer = far("retail.Retailer")
    territory = far("backend.Unit")
    county = far("backend.Unit")
    person = far("backend.Person")
    device = far("backend.Device", null=True)
    made_at = models.DateTimeField(_("made"))
    before = models.JSONField()
    after = models.JSONField(null=True)
    sha256 = models.BinaryField(max_length=32)  # of the content after it
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("revision of a visit")
        verbose_name_plural = _("revisions of visits")
        ordering = ("-made_at", "id")
        constraints = (models.UniqueConstraint(fields=["visit_id", "number"], name="visit_revision_once"),)
        indexes = (models.Index(fields=["retailer", "month"], name="visit_revision_retailer"),)

    def __str__(self) -> str:
        return f"{self.visit_id} r{self.number}"


class VisitScore(models.Model):
    """What a retailer gave a visit by one tap, 1 to 5: of a territory and a month, never of a shop or a visit."""

    SCOPE: ClassVar[Scope] = Internal()

    month = models.DateField()
    territory = far("backend.Unit")
    county = far("backend.Unit")
    score = models.PositiveSmallIntegerField()

    class Meta:
        indexes = (models.Index(fields=["month", "territory"], name="visit_score_month"),)

    def __str__(self) -> str:
        return f"{self.month} {self.score}"


class ScoredShop(models.Model):
    """A shop's score of the month is in: no other one counts. Which it was is not told, nor at which visit."""

    SCOPE: ClassVar[Scope] = Internal()

    pk = models.CompositePrimaryKey("month", "retailer_id")
    month = models.DateField()
    retailer = far("retail.Retailer")

    def __str__(self) -> str:
        return f"{self.month} {self.retailer_id}"
