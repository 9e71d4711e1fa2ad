"""Realtime, jobs, mail, files and logs."""

import os
import tempfile
import warnings

from config import embedded
from config.environment import BASE_DIR, address, duration, integer, mail, one_of, required, text
from config.settings.addresses import PORT
from config.settings.mode import EMBEDDED, PRODUCTION

# --- Realtime and jobs ------------------------------------------------------------------------------------
EVENT_RETENTION = duration("EVENT_RETENTION", "30d")
WEBHOOK_LOG_RETENTION = duration("WEBHOOK_LOG_RETENTION", "30d")
NOTIFICATION_RETENTION = duration("NOTIFICATION_RETENTION", "365d")
FEED_RETENTION = duration("FEED_RETENTION", "365d")
PROCRASTINATE_ON_APP_READY = "config.shared.jobs.install"
SOCKET_AUTHENTICATOR = "accounts.authentication.socket_actor"
SOCKETS_PER_USER = integer("SOCKETS_PER_USER", 50)  # per websocket process; 0 means no limit
SOCKETS_PER_ADDRESS = integer("SOCKETS_PER_ADDRESS", 500)
EVENT_PRODUCTS = "catalog.services.visible_products"  # returns those products that the actor may follow

# --- Mail, files, logs ------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "Souk <no-reply@souk.test>")
EMAIL_TIMEOUT = 10
if text("EMAIL_URL"):
    vars().update(mail("EMAIL_URL"))
elif EMBEDDED:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(embedded.data_dir() / "mail")
if PRODUCTION:
    required("EMAIL_URL", "password resets go by mail.")
DEV_MAIL = EMBEDDED and not text("EMAIL_URL")
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_URL = "/media/"
MEDIA_ROOT = text("MEDIA_ROOT") or (embedded.data_dir() / "media" if EMBEDDED else BASE_DIR / "media")
S3_BUCKET = text("S3_BUCKET")
if S3_BUCKET:  # needs requirements-s3.txt; boto3 finds addresses and keys that are not set here
    S3_OPTIONS = {
        "bucket_name": S3_BUCKET,
        "endpoint_url": text("S3_ENDPOINT_URL") or None,
        "region_name": text("S3_REGION") or None,
        "access_key": text("S3_ACCESS_KEY") or None,
        "secret_key": text("S3_SECRET_KEY") or None,
        "custom_domain": text("S3_PUBLIC_DOMAIN") or None,
        "querystring_auth": False,
        "file_overwrite": False,
        "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
    }
    STORAGES = {
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": S3_OPTIONS},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
WHITENOISE_USE_FINDERS = not PRODUCTION
if WHITENOISE_USE_FINDERS:  # the files are not collected then, so the warning says nothing new
    warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
# Each process writes its counters there; the library reads the variable when it is imported.
METRICS_DIR = text("PROMETHEUS_MULTIPROC_DIR") or str(
    embedded.data_dir() / "metrics"
    if EMBEDDED
    else f"{tempfile.gettempdir()}/souk-metrics-{os.getuid()}-{PORT}"
)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = METRICS_DIR
METRICS_TOKEN = text("METRICS_TOKEN")
WORKER_METRICS_PORT = integer("WORKER_METRICS_PORT", 0, most=65535)
SENTRY_DSN = text("SENTRY_DSN")
SENTRY_ENVIRONMENT = text("SENTRY_ENVIRONMENT", "production" if PRODUCTION else "development")
OTEL_EXPORTER_OTLP_ENDPOINT = address("OTEL_EXPORTER_OTLP_ENDPOINT", "", ("http", "https"))
OTEL_SERVICE_NAME = text("OTEL_SERVICE_NAME", "souk")
LOG_LEVEL = one_of("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING_CONFIG = "config.shared.logs.configure"
LOGGING = {"level": LOG_LEVEL}
