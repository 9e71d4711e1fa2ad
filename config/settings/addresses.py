"""Where the service is reached, and by whom."""

from config.environment import address, flag, integer, networks, port, required, several, text
from config.settings.mode import EMBEDDED, PRODUCTION

PORT = port("PORT", 8000)
WS_PORT = port("WS_PORT", 4000)
WEB_THREADS = integer(
    "WEB_THREADS", 4, least=1
)  # of a web worker; calls to Stripe always leave one of them free
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
]  # for health checks
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
IMPORT_IMAGES = flag("IMPORT_IMAGES")  # whether imports fetch pictures that their files name by URL
OUTBOUND_LOOPBACK = EMBEDDED  # whether webhooks and the like may call programs on this machine
# X-Forwarded-For and -Proto are trusted only from these addresses.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
