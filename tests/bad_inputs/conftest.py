"""The world of the walk, for the routes that are sent bad input."""

from tests.walk.conftest import clients, quiet, world

__all__ = ["clients", "quiet", "world"]
