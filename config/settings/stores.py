"""PostgreSQL and Redis."""

import sys

from config import embedded
from config.environment import address, flag, integer, ratio, required, text
from config.settings.mode import PRODUCTION

# --- PostgreSQL -------------------------------------------------------------------------------------------
# Persistent connections are faster with few threads (WSGI). Under ASGI the pool is, and Django does not allow both.
DB_POOL = flag("DB_POOL", default="config.asgi" in sys.modules)
DATABASES = {
    "default": {
        "ENGINE": "config.shared.postgres",  # Django's own, with a hook before the commit
        "HOST": text("DB_HOST") or str(embedded.run_dir()),
        "PORT": text("DB_PORT", "5432"),
        "USER": text("DB_USER", "postgres"),
        "PASSWORD": required("DB_PASS", "it is the password of DB_USER.") if PRODUCTION else text("DB_PASS"),
        "NAME": text("DB_NAME", "souk"),
        "CONN_MAX_AGE": 0 if DB_POOL else integer("DB_CONN_MAX_AGE", 600),  # seconds
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # For hand-written statements (config.shared.postgres.hot); Django's own are never prepared.
            "prepare_threshold": 0 if flag("DB_PREPARE", default=True) else None,
            # Requests that pile up on one row get 429 `busy` instead of waiting without end.
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
CHANNEL_PREFIX = text("CHANNEL_PREFIX", "souk")  # pub/sub ignores database numbers
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": CHANNEL_PREFIX,
        "OPTIONS": {"SOCKET_TIMEOUT": REDIS_TIMEOUT, "SOCKET_CONNECT_TIMEOUT": REDIS_TIMEOUT},
    },
    # Pages of the public catalogue: a read waits for Redis no longer than it would take to compute the page.
    "pages": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"SOCKET_TIMEOUT": PAGE_CACHE_TIMEOUT, "SOCKET_CONNECT_TIMEOUT": PAGE_CACHE_TIMEOUT},
    },
}
PAGE_CACHE_ENTRIES = integer("PAGE_CACHE_ENTRIES", 20_000)  # at most; 0 disables the cache
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": CHANNEL_PREFIX},
    }
}
