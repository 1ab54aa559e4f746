"""Orders, stock and targets (facts), and the roll-ups that boards read (derived, rebuilt from facts at any time)."""

from market.models.facts import Allotment, Order, OrderLine, SalesTarget, ShopProductMonth, StockCount
from market.models.rollups import RollupTurn, TerritoryPerson, UnitMonth, UnitPriceCount, UnitProductMonth
from market.models.samples import CollectionPoint, Sample

__all__ = [
    "Allotment",
    "CollectionPoint",
    "Order",
    "OrderLine",
    "RollupTurn",
    "SalesTarget",
    "Sample",
    "ShopProductMonth",
    "StockCount",
    "TerritoryPerson",
    "UnitMonth",
    "UnitPriceCount",
    "UnitProductMonth",
]
