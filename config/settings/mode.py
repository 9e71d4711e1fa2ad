"""The mode it runs in, and its secrets."""

from django.core.exceptions import ImproperlyConfigured

from config import embedded
from config.environment import duration, flag, required, text

# The project itself starts the services that have no address (config/embedded). An external database with DEBUG off
# means production: no secret is made up then, and a missing setting stops the start.
DEBUG = flag("DEBUG")
EMBEDDED_POSTGRES = not text("DB_HOST")
EMBEDDED = EMBEDDED_POSTGRES or not text("REDIS_URL")
PRODUCTION = not DEBUG and not EMBEDDED_POSTGRES


def secret(name: str, why: str) -> str:
    """A secret from the environment; outside production, otherwise one that the project generates and stores."""
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
