"""One log line per event, JSON with a request id (or readable text for a terminal); called by config.settings."""

from __future__ import annotations

import logging.config
from collections.abc import MutableMapping
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.UnicodeDecoder(),
]


_LOOKED_AT_EVERY_FEW_SECONDS = {f"{method} {path}" for method in ("GET", "HEAD") for path in ("/healthz", "/readyz")}


def _one_line_a_request(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop the line at a request's start: the one at its end says the same and how it ended. Drop a sound health check
    altogether: the supervisor makes one every few seconds, and only a failing one is news."""
    if event.get("event") == "request_started":
        raise structlog.DropEvent
    if event.get("request") in _LOOKED_AT_EVERY_FEW_SECONDS and event.get("code") == 200:
        raise structlog.DropEvent
    return event


def configure(*, pretty: bool, level: str) -> None:
    """Send every logger, ours and the libraries', through one formatter to standard error."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            _one_line_a_request,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback)]
        if pretty
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "lines": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": [*_SHARED, structlog.stdlib.ExtraAdder()],
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
                },
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "django.server": {"level": "WARNING"},  # django_structlog already writes a line per request
                "django.request": {"level": "ERROR"},
                "axes": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
            },
        }
    )
