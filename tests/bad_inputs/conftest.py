"""The world of the walk, for the routes that are sent bad input."""

from tests.walk.conftest import clients, left_as, quiet, world

__all__ = ["clients", "left_as", "quiet", "world"]
