"""The phone app's door at /app/: one page without data that the app's own worker keeps; its code is web/phone."""
