"""Orders, stock and targets (facts), and the roll-ups that boards read (derived, rebuilt from facts at any time)."""

from market.models.alerts import Alert, AlertRule, AlertTold
from market.models.facts import Allotment, Order, OrderLine, SalesTarget, ShopProductMonth, StockCount
from market.models.intelligence import IntelligenceEvent, IntelligenceItem, IntelligenceMorning
from market.models.launches import Launch, LaunchVerdict
from market.models.loads import LoadedKey, OrderWindow
from market.models.rollups import (
    RollupCheck,
    RollupTurn,
    SegmentKind,
    SubjectKind,
    TerritoryPerson,
    TradeSums,
    UnitMonth,
    UnitPriceCount,
    UnitProductMonth,
    UnitStratum,
    UnitStratumMonth,
    UnitSubjectMonth,
    UnitVolumeCount,
)
from market.models.samples import CollectionPoint, Sample

__all__ = [
    "Alert",
    "AlertRule",
    "AlertTold",
    "Allotment",
    "CollectionPoint",
    "IntelligenceEvent",
    "IntelligenceItem",
    "IntelligenceMorning",
    "Launch",
    "LaunchVerdict",
    "LoadedKey",
    "Order",
    "OrderLine",
    "OrderWindow",
    "RollupCheck",
    "RollupTurn",
    "SalesTarget",
    "Sample",
    "SegmentKind",
    "ShopProductMonth",
    "StockCount",
    "SubjectKind",
    "TerritoryPerson",
    "TradeSums",
    "UnitMonth",
    "UnitPriceCount",
    "UnitProductMonth",
    "UnitStratum",
    "UnitStratumMonth",
    "UnitSubjectMonth",
    "UnitVolumeCount",
]
