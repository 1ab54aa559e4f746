"""Django's settings, read from the environment; every process of the system imports them.

Everything has a default that works in a fresh checkout. Nothing here is an absolute path of one machine.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from config import broker, database, logs, mailing, photo_store, postgres, secret

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
MAINTENANCE_FILE = Path(os.environ.get("MAINTENANCE_FILE", VAR_DIR / "maintenance.json"))  # backend/maintenance.py
REAL_DATA_DIR = Path(os.environ.get("REAL_DATA_DIR", BASE_DIR.parent / "shared" / "data"))
COUNTY_SHAPES = Path(os.environ.get("COUNTY_SHAPES", BASE_DIR / "demo" / "data" / "xiaogan_counties.geojson"))

DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY = secret.read_or_make(VAR_DIR / "secret_key")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *filter(None, os.environ.get("ALLOWED_HOSTS", "").split(","))]
CSRF_TRUSTED_ORIGINS = list(filter(None, os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",")))
BEHIND_HTTPS = os.environ.get("BEHIND_HTTPS") == "1"

INSTALLED_APPS = [
    "config.apps.WiringConfig",
    "web",  # before the admin, whose head and colours are ours
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_structlog",
    "axes",
    "csp",
    "backend",
    "retail",
    "brands",
    "visits",
    "market",
    "cycles",
    "demo",
]

MIDDLEWARE = [
    "backend.http.middleware.Edge",  # first: request ids, unfit text, and every refusal as a problem document
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backend.http.middleware.SecureCookies",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it turns a lock-out into the answer
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database: PostgreSQL only. The embedded one unless DATABASE_URL names another.
DATABASE_IS_EMBEDDED = "DATABASE_URL" not in os.environ
DATABASES = {
    "default": database.settings_from(
        os.environ.get("DATABASE_URL") or postgres.address(),
        pool_size=int(os.environ.get("DATABASE_POOL_SIZE", "0")),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DEMO_ALLOWED = DATABASE_IS_EMBEDDED or os.environ.get("DEMO") == "1"

# Months of facts that have a partition, around the business day (or a pinned day, in tests).
PARTITION_MONTHS_BACK = 14
PARTITION_MONTHS_AHEAD = 2
PARTITIONS_AROUND: date | None = None

# People and signing in
AUTH_USER_MODEL = "backend.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_HANDLER = "backend.brakes.TwoBrakes"
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]  # either alone: a brake per account and one per address
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # else a phone that retries by itself stays out for ever
AXES_LOCKOUT_CALLABLE = "backend.brakes.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
LOGIN_URL = "login"
CSRF_FAILURE_VIEW = "backend.http.problems.csrf_failure"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *photo_store.image_sources(os.environ)],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

# Language and time: Chinese first; the business day is Asia/Shanghai.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("STATIC_ROOT")
STATICFILES_DIRS: list[Any] = [("tokens", BASE_DIR / "web" / "tokens")]
if (BASE_DIR / "web" / "built").is_dir():  # what config/faces.py built; `make run` builds before it starts
    STATICFILES_DIRS += [BASE_DIR / "web" / "built"]
WHITENOISE_USE_FINDERS = True  # no collectstatic step: files are served from the apps

# Photos: what is on its way stands in a folder of this machine, what has arrived in the store (config/photo_store.py).
IMPORTS_DIR = Path(os.environ.get("IMPORTS_DIR", VAR_DIR / "imports"))  # waiting files; shared by web and worker
EXPORTS_DIR = Path(os.environ.get("EXPORTS_DIR", VAR_DIR / "exports" / "making"))  # files that are being made
# Monthly reports on paper: a Chinese font is looked for here, then among the system's own (cycles/report_fonts.py).
REPORT_FONT_DIRS = [Path(os.environ["REPORT_FONT_DIR"])] if os.environ.get("REPORT_FONT_DIR") else []
REPORT_FONT_DIRS += [VAR_DIR / "fonts"]  # where config/fonts.py puts one
REPORT_SYSTEM_FONTS = True
UPLOADS_DIR = Path(os.environ.get("UPLOADS_DIR", VAR_DIR / "uploads"))
UPLOADS_LEAVE_FREE = 256 * 1024 * 1024  # bytes that uploads leave free on their disk, for the database beside them
UPLOADS_OPEN_BYTES = int(os.environ.get("UPLOADS_OPEN_BYTES", 500_000_000))  # of one person, begun and not whole yet
UPLOADS_OPEN_COUNT = int(os.environ.get("UPLOADS_OPEN_COUNT", 200))
DOOR_SPOOL_BYTES = int(os.environ.get("DOOR_SPOOL_BYTES", 512 * 1024 * 1024))  # of bodies that stand at the door
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "exports": photo_store.backend(Path(os.environ.get("EXPORTS_STORE", VAR_DIR / "exports")), os.environ),
    "photos": photo_store.backend(Path(os.environ.get("PHOTOS_DIR", VAR_DIR / "photos")), os.environ),
    "reports": photo_store.backend(Path(os.environ.get("REPORTS_DIR", VAR_DIR / "reports")), os.environ),
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.http.auth.DeviceTokenAuthentication",
        "backend.http.auth.PageSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["backend.http.jsonbody.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "backend.http.cursors.TotalOrderCursor",
    "DEFAULT_FILTER_BACKENDS": ["backend.http.filters.StrictFilters"],
    "DEFAULT_SCHEMA_CLASS": "backend.http.schema.Schema",
    "EXCEPTION_HANDLER": "backend.http.problems.handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "135 工作法 · Field work of a tobacco company's account managers",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "GET_MOCK_REQUEST": "backend.http.schema.request_of_everybody",
    "GET_LIB_DOC_EXCLUDES": "backend.http.schema.without_docstrings",
    "ENUM_NAME_OVERRIDES": {  # the same field name with other choices: each says of what it is the state or kind
        "DeviceState": "backend.models.people.DeviceState",
        "ExportState": "backend.models.exports.Export.State",
        "ExportFormat": "backend.models.exports.Export.Format",
        "ImportState": "backend.models.imports.ImportRun.State",
        "QuarantineState": "backend.models.wire.Quarantined.State",
        "RetailerState": "retail.models.Classification.State",
        "PromiseState": "retail.models.Promise.State",
        "NeedKind": "retail.models.Need.Kind",
        "NeedState": "retail.models.Need.State",
        "BusinessType": "retail.models.Classification.BusinessType",
        "MarketType": "retail.models.Classification.MarketType",
        "TerminalType": "retail.models.Classification.TerminalType",
        "CollectionPointEnded": "market.models.samples.CollectionPoint.Ended",
        "RemarkKind": "visits.models.visit.Remark.Kind",
        "StockSource": "market.models.facts.StockCount.Source",
        "CellState": "cycles.shapes.STATE_NAMES",
        "ManagerCycleState": "cycles.models.ManagerCycle.State",
        "ActionState": "cycles.models.Action.State",
        "PrefectureMonthState": "cycles.models.PrefectureMonth.State",
        "PhotoState": "visits.models.photo.StoredPhoto.State",
        "PhotoReason": "visits.models.photo.StoredPhoto.Reason",
        "SignalKind": "visits.models.signal.Signal.Kind",
        "SignalState": "visits.models.signal.Signal.State",
        "PointState": "visits.models.signal.PointProposal.State",
        "VerdictPresence": "visits.models.signal.PresenceVerdict.Word",
        "BreachKind": "visits.models.breach.Breach.Kind",
        "BreachState": "visits.models.breach.Breach.State",
        "RepairTaskKind": "visits.models.breach.DisplayTask.Kind",
        "VisitPresence": "visits.models.visit.Visit.Presence",
        "StopState": "visits.models.stop.PlannedStop.State",
        "MissReason": "visits.models.stop.PlannedStop.MissReason",
        "LaunchOutcome": "market.models.launches.LaunchVerdict.Outcome",
        "LaunchState": "market.models.launches.Launch.State",
        "IntelligenceKind": "market.models.intelligence.IntelligenceItem.KINDS",
        "IntelligenceState": "market.models.intelligence.IntelligenceItem.State",
        "IntelligenceDecision": "market.models.intelligence.IntelligenceItem.Decision",
        "MonthlyReportState": "cycles.models.reports.MonthlyReport.State",
        "ActionGoal": "cycles.models.chain.Goal",
        "UnitLevelNumber": "backend.models.org.Level",
        "UnitLevel": ["nation", "province", "prefecture", "county", "office", "territory"],
        "CalendarSource": ["override", "published", "assumed"],
    },
}

# E-mail (backend/mail.py): files under var/mail until EMAIL_URL names a server.
vars().update(mailing.settings_from(os.environ.get("EMAIL_URL", ""), VAR_DIR / "mail"))
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", "field135@localhost")
MAIL_DOMAINS = tuple(filter(None, os.environ.get("MAIL_DOMAINS", "").casefold().split(",")))  # none named: any
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")  # how mails name this system

# Tasks: the truth is in PostgreSQL (change marks, outbox); celery only wakes it. See config/celery.py.
BROKER_URL = os.environ.get("BROKER_URL") or broker.address()

LOGGING_CONFIG = None
logs.configure(pretty=os.environ.get("LOG_FORMAT") == "text", level=os.environ.get("LOG_LEVEL", "INFO"))
DJANGO_STRUCTLOG_COMMAND_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_CELERY_ENABLED = False
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # the id that Edge has checked or made, in every log line
