"""Journeys of people through both faces in a real Chromium, against a server of their own: `make test-browser`."""
