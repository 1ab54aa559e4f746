"""Roll-ups: one row per unit (and product) and month, recomputed from facts when a change mark says so.

A unit of any level has rows: the territory's come from facts, those above are sums of the level below.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from backend.scope import Downward, Internal, Scope


class UnitMonth(models.Model):
    """The acts and the shops of a unit in a month. Acts count by stamped unit; shops by their unit on the last day."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    pk = models.CompositePrimaryKey("month", "unit_id")
    month = models.DateField()
    unit = models.ForeignKey("backend.Unit", models.CASCADE, db_index=False, related_name="+")
    visits = models.PositiveIntegerField(default=0)
    visits_to_verify = models.PositiveIntegerField(default=0)
    managers = models.PositiveIntegerField(default=0)  # people who visited
    shops_due = models.PositiveIntegerField(default=0)  # active shops of the unit on the period's last day
    shops_seen = models.PositiveIntegerField(default=0)  # of these, with at least one visit not to be verified
    notes = models.PositiveIntegerField(default=0)
    checks = models.PositiveIntegerField(default=0)  # display checks with a score
    score_sum = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    briefings = models.PositiveIntegerField(default=0)
    shops_briefed = models.PositiveIntegerField(default=0)
    observations = models.PositiveIntegerField(default=0)
    remarks = models.PositiveIntegerField(default=0)
    pitches = models.PositiveIntegerField(default=0)
    pitches_accepted = models.PositiveIntegerField(default=0)
    price_median_fen = models.DecimalField(max_digits=12, decimal_places=1, null=True)  # carton price, all products
    computed_at = models.DateTimeField()


class UnitProductMonth(models.Model):
    """What was observed and sold of one product in a unit and month: sums and counts, so means are right everywhere."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    pk = models.CompositePrimaryKey("month", "unit_id", "product_id")
    month = models.DateField()
    unit = models.ForeignKey("backend.Unit", models.CASCADE, db_index=False, related_name="+")
    product = models.ForeignKey("brands.Product", models.CASCADE, db_index=False, related_name="+")
    observations = models.PositiveIntegerField(default=0)
    price_n = models.PositiveIntegerField(default=0)
    price_sum_fen = models.BigIntegerField(default=0)  # carton retail price
    price_median_fen = models.DecimalField(max_digits=12, decimal_places=1, null=True)
    stock_n = models.PositiveIntegerField(default=0)
    stock_sum_packs = models.BigIntegerField(default=0)
    facings_n = models.PositiveIntegerField(default=0)
    facings_sum = models.BigIntegerField(default=0)
    oos_n = models.PositiveIntegerField(default=0)
    oos_days_sum = models.BigIntegerField(default=0)
    oos_shops = models.PositiveIntegerField(default=0)  # observations with at least one day out of stock
    shelf_n = models.PositiveIntegerField(default=0)  # shops in which somebody looked whether it is on the shelf
    on_shelf = models.PositiveIntegerField(default=0)  # of these, where the last look of the month found it
    cartons = models.BigIntegerField(default=0)  # sold by the company to the unit's shops
    amount_fen = models.BigIntegerField(default=0)


class UnitPriceCount(models.Model):
    """How often each exact carton price was seen: medians and quantiles are then right at every level."""

    SCOPE: ClassVar[Scope] = Downward(capability="boards.read", unit="unit_id")

    pk = models.CompositePrimaryKey("month", "unit_id", "product_id", "price_fen")
    month = models.DateField()
    unit = models.ForeignKey("backend.Unit", models.CASCADE, db_index=False, related_name="+")
    product = models.ForeignKey("brands.Product", models.CASCADE, db_index=False, related_name="+")
    price_fen = models.PositiveIntegerField()
    count = models.PositiveIntegerField()


class TerritoryPerson(models.Model):
    """Who visited in a territory: people do not sum (one may visit in two territories), so units above count these."""

    SCOPE: ClassVar[Scope] = Internal()

    pk = models.CompositePrimaryKey("month", "unit_id", "person_id")
    month = models.DateField()
    unit = models.ForeignKey("backend.Unit", models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(
        "backend.Person", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    visits = models.PositiveIntegerField()


class RollupTurn(models.Model):
    """Up to which day a month's shops were counted. A day that passes changes whose shop it is, without any mark."""

    SCOPE: ClassVar[Scope] = Internal()

    month = models.DateField(primary_key=True)
    counted_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
