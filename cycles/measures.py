"""All metrics that goals may use: imported at start by cycles/apps.py, so that they declare themselves."""

from cycles import metrics_brand, metrics_client, metrics_market

__all__ = ["metrics_brand", "metrics_client", "metrics_market"]
