"""Every setting of Souk. Users give theirs in the environment or `.env`; `.env.example` explains each."""

import os
import sys
import tempfile
import warnings

from django.core.exceptions import ImproperlyConfigured

from config import embedded
from config.environment import (
    BASE_DIR,
    address,
    duration,
    flag,
    integer,
    mail,
    networks,
    one_of,
    port,
    rate,
    ratio,
    required,
    several,
    text,
)
from config.shared.money import CURRENCIES

# PostgreSQL's stemmers; `simple` stems nothing.
SEARCH_LANGUAGES = """arabic armenian basque catalan danish dutch english finnish french german greek hindi hungarian
indonesian irish italian lithuanian nepali norwegian portuguese romanian russian serbian simple spanish swedish tamil
turkish yiddish""".split()

# --- Mode -------------------------------------------------------------------------------------------------
# What has no address is started by the project itself (config/embedded). A database of one's own with DEBUG
# off is production: then nothing is made up, and what is missing stops the start.
DEBUG = flag("DEBUG")
EMBEDDED_POSTGRES = not text("DB_HOST")
EMBEDDED = EMBEDDED_POSTGRES or not text("REDIS_URL")
PRODUCTION = not DEBUG and not EMBEDDED_POSTGRES


def secret(name: str, why: str) -> str:
    """A secret of the environment; outside production one that the project made and keeps for itself."""
    if PRODUCTION:
        return required(name, why)
    return text(name) or embedded.local_secret(name)


SECRET_KEY = secret("SECRET_KEY", "it signs sessions, mail links and guest order tokens.")
JWT_SECRET = secret("JWT_SECRET", "it signs access tokens.")
JWT_EXPIRY = duration("JWT_EXPIRY", "15m")
JWT_REFRESH_EXPIRY = duration("JWT_REFRESH_EXPIRY", "30d")
if JWT_REFRESH_EXPIRY < JWT_EXPIRY:
    if text("JWT_REFRESH_EXPIRY"):
        raise ImproperlyConfigured("JWT_REFRESH_EXPIRY must be no shorter than JWT_EXPIRY.")
    JWT_REFRESH_EXPIRY = 2 * JWT_EXPIRY

# --- Addresses --------------------------------------------------------------------------------------------
PORT = port("PORT", 8000)
WS_PORT = port("WS_PORT", 4000)
WEB_THREADS = integer(
    "WEB_THREADS", 4, least=1
)  # a web worker's; calls to Stripe always leave one of them free
PUBLIC_URL = address("PUBLIC_URL", f"http://localhost:{PORT}", ("http", "https"))
PUBLIC_WS_URL = text(
    "PUBLIC_WS_URL", PUBLIC_URL.replace("http", "ws", 1) if PRODUCTION else f"ws://localhost:{WS_PORT}"
).rstrip("/")
STOREFRONT_URL = address("STOREFRONT_URL", PUBLIC_URL, ("http", "https"))
LOCAL_ORIGINS = r"^https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$"
ALLOWED_HOSTS = several("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
if PRODUCTION and not ALLOWED_HOSTS:
    required("ALLOWED_HOSTS", "it names the hosts that this service answers for.")
ALLOWED_HOSTS += [
    probe for probe in ("127.0.0.1", "localhost") if probe not in ALLOWED_HOSTS
]  # health checks
CORS_ALLOWED_ORIGINS = several("CORS_ALLOWED_ORIGINS")
CORS_ALLOWED_ORIGIN_REGEXES = [] if PRODUCTION or CORS_ALLOWED_ORIGINS else [LOCAL_ORIGINS]
CORS_URLS_REGEX = r"^/api/.*$"
CORS_EXPOSE_HEADERS = [
    "Cart-Token", "ETag", "X-Request-Id", "Retry-After", "RateLimit", "Idempotent-Replayed",
]  # fmt: skip
CORS_ALLOW_HEADERS = [
    "accept", "authorization", "content-type", "cart-token", "order-token", "idempotency-key", "if-match",
    "if-none-match", "x-request-id",
]  # fmt: skip
CORS_PREFLIGHT_MAX_AGE = 600
CSRF_FAILURE_VIEW = "config.shared.errors.csrf_failed"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL.startswith("https://") else []
IMPORT_IMAGES = flag("IMPORT_IMAGES")  # whether imports fetch the pictures that files name by URL
OUTBOUND_LOOPBACK = EMBEDDED  # whether webhooks and the like may go to programs on this machine
# X-Forwarded-For and -Proto are believed only from these addresses.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")

# --- Django -----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.ConfigApp",
    "config.shared.apps.SharedConfig",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "accounts.apps.AccountsConfig",
    "catalog.apps.CatalogConfig",
    "orders.apps.OrdersConfig",
    "payments.apps.PaymentsConfig",
    "social.apps.SocialConfig",
    "unfold.apps.BasicAppConfig",
    "accounts.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "treebeard",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "config.shared.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.shared.csp.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576  # bytes of a JSON or form body; files are limited by their view
FILE_UPLOAD_PERMISSIONS = 0o644

# --- PostgreSQL -------------------------------------------------------------------------------------------
# Persistent connections beat the pool with few threads (WSGI); under ASGI the pool wins, and it forbids them.
DB_POOL = flag("DB_POOL", default="config.asgi" in sys.modules)
DATABASES = {
    "default": {
        "ENGINE": "config.shared.postgres",  # Django's own, and a moment before the commit
        "HOST": text("DB_HOST") or str(embedded.run_dir()),
        "PORT": text("DB_PORT", "5432"),
        "USER": text("DB_USER", "postgres"),
        "PASSWORD": required("DB_PASS", "it is the password of DB_USER.") if PRODUCTION else text("DB_PASS"),
        "NAME": text("DB_NAME", "souk"),
        "CONN_MAX_AGE": 0 if DB_POOL else integer("DB_CONN_MAX_AGE", 600),  # seconds
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # A pile-up on one row becomes 429 `busy` instead of a queue without end.
            # For statements that are written by hand (config.shared.postgres.hot); Django's own are never prepared.
            "prepare_threshold": 0 if flag("DB_PREPARE", default=True) else None,
            "options": f"-c lock_timeout={integer('DB_LOCK_TIMEOUT_MS', 5000, least=1)} -c idle_in_transaction_session_timeout=60000",
            **(
                {"pool": {"min_size": 1, "max_size": integer("DB_POOL_SIZE", 10, least=1), "timeout": 10}}
                if DB_POOL
                else {}
            ),
        },
    }
}

if replica := text("DB_REPLICA_HOST"):
    DATABASES["replica"] = DATABASES["default"] | {
        "HOST": replica,
        "PORT": text("DB_REPLICA_PORT", "5432"),
        "TEST": {"MIRROR": "default"},
    }

# --- Redis ------------------------------------------------------------------------------------------------
if PRODUCTION:
    required("REDIS_URL", "it carries the cache, rate limits and live events.")
REDIS_URL = address("REDIS_URL", "", ("redis", "rediss", "unix")) or embedded.valkey_url(
    integer("REDIS_DB", 0, most=63)
)
REDIS_TIMEOUT = ratio("REDIS_TIMEOUT", 0.25, least=0.01)  # seconds: a slow Redis must not slow the shop
PAGE_CACHE_TIMEOUT = ratio("PAGE_CACHE_TIMEOUT", 0.1, least=0.01)
CHANNEL_PREFIX = text("CHANNEL_PREFIX", "souk")  # pub/sub knows no database number
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": CHANNEL_PREFIX,
        "OPTIONS": {"SOCKET_TIMEOUT": REDIS_TIMEOUT, "SOCKET_CONNECT_TIMEOUT": REDIS_TIMEOUT},
    },
    # Pages of the public catalogue: a read waits less for Redis than computing it would take.
    "pages": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"SOCKET_TIMEOUT": PAGE_CACHE_TIMEOUT, "SOCKET_CONNECT_TIMEOUT": PAGE_CACHE_TIMEOUT},
    },
}
PAGE_CACHE_ENTRIES = integer("PAGE_CACHE_ENTRIES", 20_000)  # at most; 0 switches it off
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": CHANNEL_PREFIX},
    }
}

# --- Who may do what --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
ROLE_IDS = {
    "admin": integer("ADMIN_ROLE_ID", 1),
    "customer": integer("CUSTOMER_ROLE_ID", 2),
    "seller": integer("SELLER_ROLE_ID", 3),
}
if len(set(ROLE_IDS.values())) < len(ROLE_IDS):
    raise ImproperlyConfigured("ADMIN_ROLE_ID, CUSTOMER_ROLE_ID and SELLER_ROLE_ID must differ.")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": f"{VALIDATION}.MinimumLengthValidator"},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{VALIDATION}.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["accounts.backends.LockoutBackend"]
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SECRET,
    "ACCESS_TOKEN_LIFETIME": JWT_EXPIRY,
    "REFRESH_TOKEN_LIFETIME": JWT_REFRESH_EXPIRY,
    "ISSUER": PUBLIC_URL,
    "AUDIENCE": "souk",
    "USER_ID_CLAIM": "sub",
}
ADMIN_REQUIRE_TOTP = flag("ADMIN_REQUIRE_TOTP")  # on the site, who is enrolled is asked in any case
OTP_TOTP_ISSUER = "Souk"
SECURITY_EVENT_RETENTION = duration("SECURITY_EVENT_RETENTION", "365d")  # 30 days at least
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = False  # the reverse proxy's work; /healthz is asked over plain HTTP
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # which asks for that redirect
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_URL.startswith("https://") else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = bool(SECURE_HSTS_SECONDS)
X_FRAME_OPTIONS = "DENY"

# --- API --------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.shared.permissions.IsSignedIn"],
    "DEFAULT_PARSER_CLASSES": ["config.shared.api.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["config.shared.api.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["config.shared.api.throttling.RateLimit"],
    "DEFAULT_PAGINATION_CLASS": "config.shared.api.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "config.shared.api.schema.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "config.shared.errors.problem_response",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": [
        "config.shared.api.renderers.JSONRenderer",
        "rest_framework.renderers.MultiPartRenderer",
    ],
}
# Requests admitted per window (seconds), by scope: for a caller that is known, and for an address.
THROTTLE_RATES = {
    "user": (600, 60),
    "address": (1200, 60),
    "auth": (20, 60),
    "place": (30, 60),
    "follow": (60, 60),
    "announce": (10, 86_400),
    "review": (20, 3600),
    "message": (30, 60),
}
THROTTLE_SCALE = ratio("THROTTLE_SCALE", 1)
SPECTACULAR_SETTINGS = {
    "TITLE": "Souk",
    "DESCRIPTION": "A marketplace backend: accounts, catalogue, orders, payments and social commerce.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "docExpansion": "none",
        "filter": True,
        "persistAuthorization": True,
        "tryItOutEnabled": True,
    },
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.openapi.finish"],
    "CONTACT": {"name": "Souk", "url": PUBLIC_URL},
    "LICENSE": {"name": "MIT", "url": "https://opensource.org/license/mit"},
    "SERVERS": [{"url": PUBLIC_URL, "description": "This installation"}],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "orderToken": {
                "type": "apiKey",
                "in": "header",
                "name": "Order-Token",
                "description": "A guest's order: the `access_token` of its placement.",
            },
        }
    },
    "ENUM_NAME_OVERRIDES": {
        "SellerStatus": "accounts.models.Seller.Status",
        "ProductStatus": "catalog.models.products.Product.Status",
        "ImportStatus": "catalog.models.imports.ProductImport.Status",
        "OrderStatus": "orders.models.order.OrderStatus",
        "PartStatus": "orders.models.part.PartStatus",
        "DeliveryStatus": "config.shared.webhooks.models.WebhookDelivery.Status",
        "CouponKind": "orders.models.coupon.Coupon.Kind",
        "ShippingKind": "orders.models.rules.ShippingMethod.Kind",
        "ReturnStatus": "orders.models.returns.ReturnStatus",
        "PaymentStatus": "payments.models.Payment.Status",
        "RefundState": "payments.models.Refund.Status",
        "OrderRefundStatus": "orders.models.order.RefundStatus",
        "NotificationKind": "social.models.notifications.Kind",
        "ReviewStatus": "social.models.reviews.ReviewStatus",
        "PostKind": "social.models.posts.PostKind",
        "PaymentMethod": "payments.models.Payment.Method",
        "PaymentProvider": "payments.models.Payment.Provider",
        "PayoutStatus": "payments.models.Payout.Status",
        "DisputeStatus": "payments.models.Dispute.Status",
    },
}

UNFOLD = {
    "SITE_TITLE": "Souk",
    "SITE_HEADER": "Souk",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "storefront",
    "SHOW_BACK_BUTTON": True,
    "SITE_FAVICONS": [
        {"rel": "icon", "href": "data:,"}
    ],  # else browsers ask for /favicon.ico, which is not there
    "STYLES": ["config.back_office.navigation.stylesheet"],
    "DASHBOARD_CALLBACK": "config.back_office.dashboard.dashboard",
    "SIDEBAR": {"show_search": True, "navigation": "config.back_office.navigation.navigation"},
    "COLORS": {
        "primary": {
            "50": "#fdf5ef",
            "100": "#fbe7d7",
            "200": "#f6ccad",
            "300": "#f0a97a",
            "400": "#e98245",
            "500": "#d9692a",
            "600": "#b4531a",
            "700": "#944118",
            "800": "#77361a",
            "900": "#612e19",
            "950": "#34150a",
        }
    },
}

# --- Money ------------------------------------------------------------------------------------------------
DEFAULT_CURRENCY = one_of("DEFAULT_CURRENCY", "USD", CURRENCIES)
STRIPE_SECRET_KEY = (
    required("STRIPE_SECRET_KEY", "payments go through it.") if PRODUCTION else text("STRIPE_SECRET_KEY")
)
STRIPE_STANDIN = not STRIPE_SECRET_KEY
STRIPE_WEBHOOK_SECRET = (
    required("STRIPE_WEBHOOK_SECRET", "it verifies Stripe's webhooks.")
    if PRODUCTION
    else text("STRIPE_WEBHOOK_SECRET", "whsec_souk_local")
)
STRIPE_PUBLISHABLE_KEY = text("STRIPE_PUBLISHABLE_KEY", "pk_test_souk_local" if STRIPE_STANDIN else "")
STRIPE_TIMEOUT = ratio("STRIPE_TIMEOUT", 8, least=0.1)  # seconds for a call, its one retry included
HOLD_LIFETIME = duration("HOLD_LIFETIME", "30m")  # stock kept for an unpaid order
MANUAL_HOLD_DAYS = integer("MANUAL_HOLD_DAYS", 7, least=1)
GUEST_CART_LIFETIME = duration("GUEST_CART_LIFETIME", "90d")  # since it was last written to
RETURN_WINDOW = duration("RETURN_WINDOW", "30d")  # after the delivery
DELIVERED_AFTER = duration(
    "DELIVERED_AFTER", "14d"
)  # after the last parcel left, unless the seller says so before
RETURN_REFUNDS_SHIPPING = flag("RETURN_REFUNDS_SHIPPING", default=True)
INVOICE_ISSUER = text("INVOICE_ISSUER", "Souk").split("|")
PDF_FONT = text("PDF_FONT")
TAX_PROVIDER = text("TAX_PROVIDER", "orders.services.providers.TableTaxes")
SHIPPING_PROVIDER = text("SHIPPING_PROVIDER", "orders.services.providers.TableShipping")
STRIPE_CONNECT_WEBHOOK_SECRET = text("STRIPE_CONNECT_WEBHOOK_SECRET")  # events of the sellers' accounts
COMMISSION_TAX_RATE = rate("COMMISSION_TAX_RATE", "0")  # of the commission, on top of it
SHIPPING_KEPT_BY = one_of("SHIPPING_KEPT_BY", "seller", ("seller", "shop"))
TAX_KEPT_BY = one_of("TAX_KEPT_BY", "shop", ("seller", "shop"))
PAYOUT_HOLDBACK_DAYS = integer("PAYOUT_HOLDBACK_DAYS", 7)  # from the delivery
PAYOUT_MINIMUM = integer("PAYOUT_MINIMUM", 1000, least=1)  # minor units
PAYOUT_SCHEDULE = one_of("PAYOUT_SCHEDULE", "none", ("none", "daily", "weekly", "monthly"))

# --- Catalogue --------------------------------------------------------------------------------------------
# The language that product texts are stemmed in; after a change: `manage.py reindex_search`.
SEARCH_LANGUAGE = one_of("SEARCH_LANGUAGE", "english", SEARCH_LANGUAGES)

# Seconds that browsers and CDNs may show a public read without asking; with 0 they ask each time, and get a 304.
PUBLIC_MAX_AGE = integer("PUBLIC_MAX_AGE", 0)

# --- Realtime and jobs ------------------------------------------------------------------------------------
EVENT_RETENTION = duration("EVENT_RETENTION", "30d")
WEBHOOK_LOG_RETENTION = duration("WEBHOOK_LOG_RETENTION", "30d")
NOTIFICATION_RETENTION = duration("NOTIFICATION_RETENTION", "365d")
FEED_RETENTION = duration("FEED_RETENTION", "365d")
PROCRASTINATE_ON_APP_READY = "config.shared.jobs.install"
SOCKET_AUTHENTICATOR = "accounts.authentication.socket_actor"
SOCKETS_PER_USER = integer("SOCKETS_PER_USER", 50)  # of one websocket process; 0 is no limit
SOCKETS_PER_ADDRESS = integer("SOCKETS_PER_ADDRESS", 500)
EVENT_PRODUCTS = "catalog.services.visible_products"  # which of these products the actor may follow

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
if S3_BUCKET:  # needs requirements-s3.txt; addresses and keys that are absent are boto3's own to find
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
if WHITENOISE_USE_FINDERS:  # then nobody has collected the files, and that is no news
    warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
# Each process counts in files there; the library reads the variable at its import.
METRICS_DIR = text("PROMETHEUS_MULTIPROC_DIR") or str(
    embedded.data_dir() / "metrics" if EMBEDDED else f"{tempfile.gettempdir()}/souk-metrics-{os.getuid()}-{PORT}"
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
