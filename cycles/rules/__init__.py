"""The rules of analyze, by dimension; imported at start so that their thresholds, sentences and bases are declared."""

from cycles import bases_market, bases_visits, proof_market  # noqa: F401  the tables that rules read
from cycles.rules import (  # noqa: F401
    brand,
    client,
    client_dates,
    flow,
    market,
    pitches,
    policies,
    shelf,
    status,
    storefront,
)
