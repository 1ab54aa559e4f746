"""The org tree, the roles, and who holds which role where and when."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.scope import Downward, Everyone, Scope


class Level(models.IntegerChoices):
    """Levels of the org tree, from the top; a unit's parent is always of a smaller number."""

    NATION = 0, _("nation")
    PROVINCE = 1, _("province")
    PREFECTURE = 2, _("prefecture")
    COUNTY = 3, _("county")
    OFFICE = 4, _("market office")
    TERRITORY = 5, _("territory")


class Unit(models.Model):
    """A node of the org tree. Its parent and level never change: a reorganisation closes it and opens a successor."""

    SCOPE: ClassVar[Scope] = Downward(capability="org.read", unit="id", and_above=True)

    code = models.CharField(_("code"), max_length=32, unique=True)
    level = models.PositiveSmallIntegerField(_("level"), choices=Level.choices)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    ancestors = ArrayField(models.BigIntegerField(), editable=False, default=list)  # written by trigger, itself last
    during = DateRangeField(_("in force"))
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("successor")
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ("level", "code")
        indexes = (GinIndex(fields=["ancestors"], name="unit_ancestors"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(level=0, parent=None) | Q(level__gt=0, parent__isnull=False),
                name="unit_only_nation_is_root",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A post of the trade as data: at which level it sits and what it may do."""

    SCOPE: ClassVar[Scope] = Everyone()

    code = models.CharField(_("code"), max_length=32, primary_key=True)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40)
    capabilities = ArrayField(models.CharField(max_length=40), verbose_name=_("capabilities"), default=list)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Position(models.Model):
    """A person holds a role at a unit from-to. One account manager per territory at a time."""

    SCOPE: ClassVar[Scope] = Downward(capability="people.read", unit="unit_id", owner="person_id")

    person = models.ForeignKey("backend.Person", models.PROTECT, related_name="positions", verbose_name=_("person"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="positions", verbose_name=_("unit"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    during = DateRangeField(_("in force"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ("unit_id", "role_id", "id")
        constraints = (
            ExclusionConstraint(
                name="position_once",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="position_one_account_manager",
                expressions=[("unit", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(role="account_manager"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person.name} · {self.role.name} · {self.unit.name}"
