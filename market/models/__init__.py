"""Orders, stock and targets (facts), and the roll-ups that boards read (derived, rebuilt from facts at any time)."""

from market.models.facts import Allotment, Order, OrderLine, SalesTarget, ShopProductMonth, StockCount
from market.models.rollups import RollupTurn, TerritoryPerson, UnitMonth, UnitPriceCount, UnitProductMonth

__all__ = [
    "Allotment",
    "Order",
    "OrderLine",
    "RollupTurn",
    "SalesTarget",
    "ShopProductMonth",
    "StockCount",
    "TerritoryPerson",
    "UnitMonth",
    "UnitPriceCount",
    "UnitProductMonth",
]
