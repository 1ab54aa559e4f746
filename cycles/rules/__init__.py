"""The rules of analyze, by dimension; imported at start so that their thresholds, sentences and bases are declared."""

from cycles import bases_visits  # noqa: F401  the tables that rules read
from cycles.rules import client, client_dates  # noqa: F401
