"""Exports as jobs: what one may list, as a file; knows no shop: apps register their kinds (kinds.py)."""
