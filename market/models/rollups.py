"""Roll-ups: one row per unit (and product) and month, recomputed from facts when a change mark says so.

A unit of any level has rows: the territory's come from facts, those above are sums of the level below. Whatever is
stored here therefore adds up over units: shares, means, medians and errors are computed when read. Units and products
are those of the facts, which the database has checked: to check each row once more was a third of a recomputation.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.links import far
from backend.scope import Downward, Internal, Scope


class SubjectKind(models.IntegerChoices):
    """What a figure is about. `subject_id`: 0, brand, price class 1-5 (0 unknown), price band (0 unknown), product."""

    ALL = 0, _("all products")
    BRAND = 1, _("brand")
    PRICE_CLASS = 2, _("price class")
    PRICE_BAND = 3, _("price band")
    PRODUCT = 4, _("product")


class SegmentKind(models.IntegerChoices):
    """Which shops a figure counts: all, or those of one class on the month's last day."""

    ALL = 0, _("all shops")
    MARKET_TYPE = 1, _("market type")
    BUSINESS_TYPE = 2, _("business type")
    TIER = 3, _("tier")


class UnitMonth(models.Model):
    """The acts and the shops of a unit in a month. Acts count by stamped unit; shops by their unit on the last day."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    pk = models.CompositePrimaryKey("month", "unit_id")
    month = models.DateField()
    unit = far("backend.Unit")
    visits = models.PositiveIntegerField(default=0, db_default=0)
    visits_to_verify = models.PositiveIntegerField(default=0, db_default=0)
    managers = models.PositiveIntegerField(default=0, db_default=0)  # people who visited
    shops_due = models.PositiveIntegerField(
        default=0, db_default=0
    )  # active shops of the unit on the period's last day
    shops_seen = models.PositiveIntegerField(
        default=0, db_default=0
    )  # of these, with at least one visit not to be verified
    notes = models.PositiveIntegerField(default=0, db_default=0)
    checks = models.PositiveIntegerField(default=0, db_default=0)  # display checks with a score
    score_sum = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)
    briefings = models.PositiveIntegerField(default=0, db_default=0)
    shops_briefed = models.PositiveIntegerField(default=0, db_default=0)
    observations = models.PositiveIntegerField(default=0, db_default=0)
    remarks = models.PositiveIntegerField(default=0, db_default=0)
    pitches = models.PositiveIntegerField(default=0, db_default=0)
    pitches_accepted = models.PositiveIntegerField(default=0, db_default=0)
    price_median_fen = models.DecimalField(max_digits=12, decimal_places=1, null=True)  # carton price, all products
    orders = models.PositiveIntegerField(default=0, db_default=0)
    shops_new = models.PositiveIntegerField(default=0, db_default=0)  # became clients in the month
    shops_closed = models.PositiveIntegerField(default=0, db_default=0)  # closed in the month
    tier_up = models.PositiveIntegerField(
        default=0, db_default=0
    )  # shops in a higher tier than on the last day of the month before
    tier_down = models.PositiveIntegerField(default=0, db_default=0)
    display_points = models.DecimalField(
        max_digits=14, decimal_places=2, default=0, db_default=0
    )  # earned, of applicable items
    display_points_full = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)
    tags_shown = models.PositiveIntegerField(default=0, db_default=0)
    tags_right = models.PositiveIntegerField(default=0, db_default=0)
    licence_looks = models.PositiveIntegerField(default=0, db_default=0)
    licence_right = models.PositiveIntegerField(default=0, db_default=0)
    minors_looks = models.PositiveIntegerField(default=0, db_default=0)
    minors_right = models.PositiveIntegerField(default=0, db_default=0)
    repairs_mended = models.PositiveIntegerField(default=0, db_default=0)
    repair_days = models.PositiveIntegerField(default=0, db_default=0)  # of those mended
    repairs_overdue = models.PositiveIntegerField(default=0, db_default=0)  # open on the last day and due before it
    needs_raised = models.PositiveIntegerField(default=0, db_default=0)
    needs_closed = models.PositiveIntegerField(default=0, db_default=0)
    replies_due = models.PositiveIntegerField(default=0, db_default=0)
    replies_in_time = models.PositiveIntegerField(default=0, db_default=0)
    promises_due = models.PositiveIntegerField(default=0, db_default=0)
    promises_kept = models.PositiveIntegerField(default=0, db_default=0)
    scores = models.PositiveIntegerField(default=0, db_default=0)  # anonymous scores of visits, by fives of a territory
    scores_sum = models.PositiveIntegerField(default=0, db_default=0)
    shops_understood = models.PositiveIntegerField(
        default=0, db_default=0
    )  # of shops_briefed, those that passed a briefing
    computed_at = models.DateTimeField()


class TradeSums(models.Model):
    """What was observed and sold of a subject in a unit and month. Every column adds up over the units of one level.

    Observations belong to the unit stamped on their visit. Everything else is of shops, and belongs to the unit that
    has the shop on the month's last day (today while it runs). Periods are calendar months; "before" is the three
    months before. A shop counts once a subject, however many products of it.
    """

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    month = models.DateField()
    unit = far("backend.Unit")
    observations = models.PositiveIntegerField(default=0, db_default=0)
    price_n = models.PositiveIntegerField(default=0, db_default=0)
    price_sum_fen = models.BigIntegerField(default=0, db_default=0)  # carton retail price
    price_compared = models.PositiveIntegerField(default=0, db_default=0)  # prices of products that have a guide price
    price_at_guide = models.PositiveIntegerField(default=0, db_default=0)  # of these, at it within the tolerance
    stock_n = models.PositiveIntegerField(default=0, db_default=0)
    stock_sum_packs = models.BigIntegerField(default=0, db_default=0)
    facings_n = models.PositiveIntegerField(default=0, db_default=0)
    facings_sum = models.BigIntegerField(default=0, db_default=0)
    oos_n = models.PositiveIntegerField(default=0, db_default=0)
    oos_days_sum = models.BigIntegerField(default=0, db_default=0)
    oos_shops = models.PositiveIntegerField(default=0, db_default=0)  # observations with at least one day out of stock
    shelf_n = models.PositiveIntegerField(
        default=0, db_default=0
    )  # shops in which somebody looked whether it is on the shelf
    on_shelf = models.PositiveIntegerField(
        default=0, db_default=0
    )  # of these, where the last look of the month found it
    shelf_cartons = models.BigIntegerField(
        default=0, db_default=0
    )  # cartons of all products sold to the shops of shelf_n
    on_shelf_cartons = models.BigIntegerField(default=0, db_default=0)  # and to those of on_shelf
    cartons = models.BigIntegerField(default=0, db_default=0)  # sold by the company to the unit's shops
    amount_fen = models.BigIntegerField(default=0, db_default=0)
    shops_now = models.PositiveIntegerField(default=0, db_default=0)  # with an order in the month
    shops_last = models.PositiveIntegerField(default=0, db_default=0)  # with an order in the month before
    shops_again = models.PositiveIntegerField(default=0, db_default=0)  # of these, with an order in the month too
    shops_before = models.PositiveIntegerField(default=0, db_default=0)  # with an order in the three months before
    shops_demanding = models.PositiveIntegerField(default=0, db_default=0)  # with a demand in the month
    demanded = models.PositiveIntegerField(default=0, db_default=0)  # order lines with a demand
    refused = models.PositiveIntegerField(default=0, db_default=0)  # of these, ordered 0
    demanded_cartons = models.BigIntegerField(default=0, db_default=0)  # of lines that tell both demand and allotment
    filled_cartons = models.BigIntegerField(default=0, db_default=0)  # of these, min(allotted, demanded)
    offered_cartons = models.BigIntegerField(default=0, db_default=0)  # allotted, of lines that tell it
    taken_cartons = models.BigIntegerField(default=0, db_default=0)  # of these, ordered
    shops_offered = models.PositiveIntegerField(default=0, db_default=0)  # with an allotment above 0 in the month
    shops_taken = models.PositiveIntegerField(default=0, db_default=0)  # of these, with an order
    asked = models.PositiveIntegerField(
        default=0, db_default=0
    )  # shops of shops_before that were asked for days out of stock
    out = models.PositiveIntegerField(default=0, db_default=0)  # of these, with at least one day
    counted = models.PositiveIntegerField(default=0, db_default=0)  # shops whose stock was seen before and in the month
    stock_before_packs = models.BigIntegerField(default=0, db_default=0)  # in these shops, as all that follows
    ordered_packs = models.BigIntegerField(default=0, db_default=0)  # between both looks
    end_stock_packs = models.BigIntegerField(default=0, db_default=0)
    sold_packs = models.DecimalField(
        max_digits=16, decimal_places=4, default=0, db_default=0
    )  # scaled to the month's days

    class Meta:
        abstract = True


class UnitProductMonth(TradeSums):
    """One product in a unit and month, all its shops together."""

    pk = models.CompositePrimaryKey("month", "unit_id", "product_id")
    product = far("brands.Product")
    price_median_fen = models.DecimalField(max_digits=12, decimal_places=1, null=True)


class UnitSubjectMonth(TradeSums):
    """All products, a brand, a price class or a price band in a unit and month; and, from the county up, any subject
    among the shops of one market type, business type or tier. (A product among all shops is a UnitProductMonth.)"""

    pk = models.CompositePrimaryKey("month", "unit_id", "segment_kind", "segment_value", "subject_kind", "subject_id")
    segment_kind = models.PositiveSmallIntegerField(choices=SegmentKind.choices, default=SegmentKind.ALL)
    segment_value = models.CharField(
        max_length=2, blank=True, default="", db_default=""
    )  # code of the class; tier without zeros
    subject_kind = models.PositiveSmallIntegerField(choices=SubjectKind.choices)
    subject_id = models.BigIntegerField(default=0, db_default=0)


class UnitVolumeCount(models.Model):
    """How many shops bought exactly so many cartons in a month: large accounts, quantiles and the share of the largest
    shops are then right at every level. Shops without an order are not in it."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    pk = models.CompositePrimaryKey("month", "unit_id", "cartons")
    month = models.DateField()
    unit = far("backend.Unit")
    cartons = models.PositiveIntegerField()
    shops = models.PositiveIntegerField()


class UnitStratumMonth(models.Model):
    """What the collection points of a stratum sold and held of a subject: sums and squares, so that sales and stock can
    be expanded to all shops of the stratum with their sampling error at every level. Packs."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    pk = models.CompositePrimaryKey("month", "unit_id", "stratum", "subject_kind", "subject_id")
    month = models.DateField()
    unit = far("backend.Unit")
    stratum = models.PositiveSmallIntegerField()  # 1 large, 2 middle, 3 small, as a shop's scale
    subject_kind = models.PositiveSmallIntegerField(choices=SubjectKind.choices)
    subject_id = models.BigIntegerField(default=0, db_default=0)
    points = models.PositiveIntegerField(default=0, db_default=0)  # points whose stock was seen before and in the month
    sold = models.DecimalField(max_digits=18, decimal_places=4, default=0, db_default=0)
    sold_squares = models.DecimalField(max_digits=24, decimal_places=4, default=0, db_default=0)
    stock = models.BigIntegerField(default=0, db_default=0)
    stock_squares = models.DecimalField(max_digits=24, decimal_places=0, default=0, db_default=0)


class UnitStratum(models.Model):
    """How many shops a stratum of a unit has on the month's last day, not closed."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    pk = models.CompositePrimaryKey("month", "unit_id", "stratum")
    month = models.DateField()
    unit = far("backend.Unit")
    stratum = models.PositiveSmallIntegerField()
    shops = models.PositiveIntegerField()


class UnitPriceCount(models.Model):
    """How often each exact carton price was seen: medians and quantiles are then right at every level."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    pk = models.CompositePrimaryKey("month", "unit_id", "product_id", "price_fen")
    month = models.DateField()
    unit = far("backend.Unit")
    product = far("brands.Product")
    price_fen = models.PositiveIntegerField()
    count = models.PositiveIntegerField()


class TerritoryPerson(models.Model):
    """Who visited in a territory: people do not sum (one may visit in two territories), so units above count these."""

    SCOPE: ClassVar[Scope] = Internal()

    pk = models.CompositePrimaryKey("month", "unit_id", "person_id")
    month = models.DateField()
    unit = far("backend.Unit")
    person = models.ForeignKey(
        "backend.Person", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    visits = models.PositiveIntegerField()


class RollupTurn(models.Model):
    """Up to which day a month's shops were counted. A day that passes changes whose shop it is, without any mark."""

    SCOPE: ClassVar[Scope] = Internal()

    month = models.DateField(primary_key=True)
    counted_on = models.DateField()
    goods = models.CharField(max_length=32, blank=True, default="", db_default="")  # digest of prices and classes used

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class RollupCheck(models.Model):
    """What the nightly check found: a sample of (territory, month) keys recomputed from facts beside what is kept."""

    SCOPE: ClassVar[Scope] = Internal()

    on_date = models.DateField(primary_key=True)
    checked_at = models.DateTimeField()
    keys = models.PositiveIntegerField()
    differing = models.JSONField(default=list)  # [{"month", "unit", "table", "rows"}]

    def __str__(self) -> str:
        return f"{self.on_date}"
