"""Who may do what."""

from django.core.exceptions import ImproperlyConfigured

from config.environment import duration, flag, integer
from config.settings.addresses import PUBLIC_URL
from config.settings.mode import JWT_EXPIRY, JWT_REFRESH_EXPIRY, JWT_SECRET

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
ADMIN_REQUIRE_TOTP = flag("ADMIN_REQUIRE_TOTP")  # on the admin site, enrolled staff need a code in any case
OTP_TOTP_ISSUER = "Souk"
SECURITY_EVENT_RETENTION = duration("SECURITY_EVENT_RETENTION", "365d")  # at least 30 days
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = False  # the reverse proxy redirects; /healthz must answer over plain HTTP
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # the check that asks for that redirect
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_URL.startswith("https://") else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = bool(SECURE_HSTS_SECONDS)
X_FRAME_OPTIONS = "DENY"
