"""The brand: what is sold, at what price, in which price class, and which products matter where."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.scope import Downward, Everyone, Scope


class Brand(models.Model):
    """A brand and its maker."""

    SCOPE: ClassVar[Scope] = Everyone()

    name = models.CharField(_("brand"), max_length=60, unique=True)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    maker = models.CharField(_("maker"), max_length=80, blank=True)
    is_home = models.BooleanField(_("made in the province"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """One SKU, known by its code: two makers may sell one name. Prices are integer fen."""

    SCOPE: ClassVar[Scope] = Everyone()

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="products", verbose_name=_("brand"))
    code = models.CharField(_("product code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    carton_code = models.CharField(_("carton bar code"), max_length=14, unique=True, null=True, blank=True)
    pack_code = models.CharField(_("pack bar code"), max_length=14, unique=True, null=True, blank=True)
    packs_per_carton = models.PositiveSmallIntegerField(_("packs per carton"), default=10)
    blend = models.CharField(_("blend"), max_length=20, blank=True)
    tar_mg = models.DecimalField(_("tar, mg"), max_digits=4, decimal_places=1, null=True, blank=True)
    guide_pack_fen = models.PositiveIntegerField(_("guide price per pack, fen"), null=True, blank=True)
    guide_carton_fen = models.PositiveIntegerField(_("guide price per carton, fen"), null=True, blank=True)
    wholesale_fen = models.PositiveIntegerField(_("wholesale price per carton, fen"), null=True, blank=True)
    transfer_fen = models.PositiveIntegerField(_("untaxed transfer price per carton, fen"), null=True, blank=True)
    on_sale = models.BooleanField(_("on sale"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("code",)
        constraints = (models.CheckConstraint(condition=Q(packs_per_carton__gte=1), name="product_packs_positive"),)

    def __str__(self) -> str:
        return self.name


class PriceClassBand(models.Model):
    """Price class 1-5 by the untaxed transfer price per carton (fen, half-open range), from-to."""

    SCOPE: ClassVar[Scope] = Everyone()

    price_class = models.PositiveSmallIntegerField(_("price class"))
    transfer_fen = IntegerRangeField(_("untaxed transfer price, fen"))
    during = DateRangeField(_("in force"))

    class Meta:
        verbose_name = _("price class band")
        verbose_name_plural = _("price class bands")
        ordering = ("during", "price_class")
        constraints = (
            ExclusionConstraint(
                name="price_class_once",
                expressions=[("transfer_fen", RangeOperators.OVERLAPS), ("during", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(price_class__gte=1, price_class__lte=5), name="price_class_1_to_5"),
        )

    def __str__(self) -> str:
        return str(self.price_class)


class PriceBand(models.Model):
    """A band of the guide price per carton (fen, half-open range), from-to: finer than the five classes."""

    SCOPE: ClassVar[Scope] = Everyone()

    name = models.CharField(_("price band"), max_length=40)
    guide_fen = IntegerRangeField(_("guide price per carton, fen"))
    during = DateRangeField(_("in force"))

    class Meta:
        verbose_name = _("price band")
        verbose_name_plural = _("price bands")
        ordering = ("during", "guide_fen")
        constraints = (
            ExclusionConstraint(
                name="price_band_once",
                expressions=[("guide_fen", RangeOperators.OVERLAPS), ("during", RangeOperators.OVERLAPS)],
            ),
        )

    def __str__(self) -> str:
        return self.name


class ProductPrice(models.Model):
    """What a product cost in a time that is over, fen per carton: past figures keep the prices of their day. On days
    that no row holds the product's own prices are right, so a row is written when a price changes, for the time before.
    """

    SCOPE: ClassVar[Scope] = Everyone()

    product = models.ForeignKey(Product, models.CASCADE, related_name="prices", verbose_name=_("product"))
    during = DateRangeField(_("in force"))
    guide_fen = models.PositiveIntegerField(_("guide price per carton, fen"), null=True, blank=True)
    wholesale_fen = models.PositiveIntegerField(_("wholesale price per carton, fen"), null=True, blank=True)
    transfer_fen = models.PositiveIntegerField(_("untaxed transfer price per carton, fen"), null=True, blank=True)

    class Meta:
        verbose_name = _("prices of a product")
        verbose_name_plural = _("prices of products")
        ordering = ("product_id", "during")
        constraints = (
            ExclusionConstraint(
                name="product_price_once",
                expressions=[("product", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
        )

    def __str__(self) -> str:
        return f"{self.product_id} {self.during}"


class KeyProduct(models.Model):
    """A product that a unit (and everything under it) has put on its key list, from-to."""

    SCOPE: ClassVar[Scope] = Downward(capability="brands.read", unit="unit_id", and_above=True)

    unit = models.ForeignKey("backend.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="key_in", verbose_name=_("product"))
    during = DateRangeField(_("in force"))
    is_launch = models.BooleanField(_("a launch"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("key product")
        verbose_name_plural = _("key products")
        ordering = ("unit_id", "product_id", "during")
        constraints = (
            ExclusionConstraint(
                name="key_product_once",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
                    ("product", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
        )

    def __str__(self) -> str:
        return f"{self.product.name} · {self.unit.name}"
