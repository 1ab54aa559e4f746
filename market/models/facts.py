"""What the company sold and what stands in the shops. Cartons for orders, packs for stock, fen for money."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.ids import uuid7
from backend.links import far
from backend.scope import Downward, Internal, OfShop, Scope, Stamped


class Order(models.Model):
    """One order of one shop, as the company's ordering system knows it; `month` is that of its business date."""

    SCOPE: ClassVar[Scope] = Stamped(capability="market.read")
    PARTITIONED: ClassVar[str] = "monthly"

    id = models.UUIDField(primary_key=True, default=uuid7)  # in the database (id, month)
    month = models.DateField()
    order_no = models.CharField(_("order number"), max_length=32)
    retailer = far("retail.Retailer")
    territory = far("backend.Unit", null=True)  # null: the shop had no account manager that day
    county = far("backend.Unit")
    on_date = models.DateField(_("business date"))
    cartons = models.PositiveIntegerField(_("cartons"))
    amount_fen = models.BigIntegerField(_("amount, fen"))

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-on_date", "-id")
        constraints = (models.UniqueConstraint(fields=["month", "order_no"], name="order_once"),)
        indexes = (
            models.Index(fields=["retailer", "-on_date"], name="order_retailer"),
            models.Index(fields=["territory", "on_date"], name="order_territory"),
            models.Index(fields=["-on_date", "-id"], name="order_recent"),  # a leader's list begins with the newest
        )

    def __str__(self) -> str:
        return self.order_no


class OrderLine(models.Model):
    """One product of an order: what the shop wanted, what it was allotted, what it ordered. Zero is kept."""

    SCOPE: ClassVar[Scope] = Internal()
    PARTITIONED: ClassVar[str] = "monthly"

    pk = models.CompositePrimaryKey("month", "order_id", "product_id")
    month = models.DateField()
    order_id = models.UUIDField()
    product = far("brands.Product")
    demanded_cartons = models.PositiveIntegerField(null=True)
    allotted_cartons = models.PositiveIntegerField(null=True)
    ordered_cartons = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()


class Allotment(models.Model):
    """How much of a product a shop may order in a window."""

    SCOPE: ClassVar[Scope] = OfShop(capability="market.read", shop="retailer_id", county="retailer__county_id")

    retailer = models.ForeignKey("retail.Retailer", models.PROTECT, related_name="+", verbose_name=_("retailer"))
    product = models.ForeignKey("brands.Product", models.PROTECT, related_name="+", verbose_name=_("product"))
    opens_on = models.DateField(_("window opens"))
    closes_on = models.DateField(_("window closes"))
    cartons = models.PositiveIntegerField(_("cartons"))

    class Meta:
        verbose_name = _("allotment")
        verbose_name_plural = _("allotments")
        ordering = ("-opens_on", "retailer_id", "product_id")
        constraints = (
            models.UniqueConstraint(fields=["retailer", "product", "opens_on"], name="allotment_once"),
            models.CheckConstraint(condition=Q(closes_on__gte=F("opens_on")), name="allotment_window_forward"),
        )

    def __str__(self) -> str:
        return f"{self.retailer.name} · {self.product.name} {self.opens_on}"


class StockCount(models.Model):
    """Packs of a product counted in a shop (front and store room) on a day."""

    SCOPE: ClassVar[Scope] = Stamped(capability="market.read")

    class Source(models.TextChoices):
        COUNT = "count", _("counted by the account manager")
        TERMINAL = "terminal", _("read from the shop's terminal")

    id = models.UUIDField(primary_key=True, default=uuid7)
    retailer = models.ForeignKey("retail.Retailer", models.PROTECT, related_name="+", verbose_name=_("retailer"))
    product = models.ForeignKey("brands.Product", models.PROTECT, related_name="+", verbose_name=_("product"))
    territory = models.ForeignKey("backend.Unit", models.PROTECT, null=True, related_name="+")
    county = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+")
    on_date = models.DateField(_("counted"))
    packs = models.PositiveIntegerField(_("packs"))
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, default=Source.COUNT)

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        ordering = ("-on_date", "id")
        constraints = (
            models.UniqueConstraint(fields=["retailer", "product", "on_date", "source"], name="stock_count_once"),
        )

    def __str__(self) -> str:
        return f"{self.retailer_id} {self.product_id} {self.on_date}"


class SalesTarget(models.Model):
    """Cartons that a unit should sell in a month, of one product or (null) of all."""

    SCOPE: ClassVar[Scope] = Downward(capability="market.read", unit="unit_id")

    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    product = models.ForeignKey(
        "brands.Product", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    month = models.DateField(_("month"))
    cartons = models.PositiveIntegerField(_("cartons"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("sales target")
        verbose_name_plural = _("sales targets")
        ordering = ("-month", "unit_id", "product_id")
        constraints = (
            models.UniqueConstraint(
                fields=["unit", "product", "month"], name="sales_target_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="sales_target_month_first_day"),
        )

    def __str__(self) -> str:
        return f"{self.unit.name} {self.month:%Y-%m}"


class ShopProductMonth(models.Model):
    """Cartons and fen per shop, product and month: kept longer than the orders they add up from."""

    SCOPE: ClassVar[Scope] = OfShop(capability="market.read", shop="retailer_id", county="retailer__county_id")

    pk = models.CompositePrimaryKey("month", "retailer_id", "product_id")
    month = models.DateField()
    retailer = far("retail.Retailer")
    product = far("brands.Product")
    cartons = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()
