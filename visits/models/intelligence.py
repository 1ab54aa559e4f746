"""What was learnt of the market on visits: product by product, and remarks, as one list; a view of the database."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.links import far
from backend.scope import Restrictable, Scope
from visits.models.visit import Remark, Visit


class Intelligence(models.Model):
    """One line of what a visit learnt, with whose visit it was. Read only: the lines are the facts.

    `place_no` tells the lines of one visit apart. `kind` is PRODUCT where a product was looked at (prices, stock, days
    out of stock; null = not looked at), else the kind of the remark.
    """

    SCOPE: ClassVar[Scope] = Restrictable(capability="visits.read", restricted="restricted.read", owner="person_id")
    PRODUCT: ClassVar[str] = "product"

    pk = models.CompositePrimaryKey("month", "visit_id", "place_no")
    month = models.DateField()
    visit_id = models.UUIDField()
    place_no = models.PositiveIntegerField()
    started_at = models.DateTimeField(_("started (corrected)"))
    on_date = models.DateField(_("business date"))
    presence = models.CharField(max_length=10, choices=Visit.Presence.choices)
    retailer = far("retail.Retailer")
    person = far("backend.Person")
    territory = far("backend.Unit")
    county = far("backend.Unit")
    kind = models.CharField(max_length=16, choices=[(PRODUCT, _("product")), *Remark.Kind.choices])
    product = far("brands.Product", null=True)
    policy = far("visits.Policy", null=True)
    on_shelf = models.BooleanField(null=True)
    carton_price_fen = models.PositiveIntegerField(null=True)
    pack_price_fen = models.PositiveIntegerField(null=True)
    stock_packs = models.PositiveIntegerField(null=True)
    facings = models.PositiveSmallIntegerField(null=True)
    oos_days = models.PositiveSmallIntegerField(null=True)
    confidence = models.PositiveSmallIntegerField(choices=Remark.Confidence.choices, null=True)
    text = models.TextField(blank=True)
    counter_proposal = models.TextField(blank=True)
    place = models.CharField(max_length=120, blank=True)
    campaign = models.CharField(max_length=80, blank=True)
    price_fen = models.PositiveIntegerField(null=True)
    quantity = models.PositiveIntegerField(null=True)
    is_restricted = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "visits_intelligence"
        verbose_name = _("market intelligence")
        verbose_name_plural = _("market intelligence")
        ordering = ("-started_at", "-visit_id", "month", "place_no")

    def __str__(self) -> str:
        return f"{self.visit_id} {self.kind}"
