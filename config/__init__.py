"""How the process starts: settings, urls, celery, wsgi, asgi and the launcher; no model, no query, no rule."""
