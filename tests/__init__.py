"""Mirrors the apps; plus the cast, the gauntlet and the architecture tests."""
