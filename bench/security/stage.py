"""The processes that are attacked: production settings, the project's own services behind them, no debug, no loopback."""

import os
import secrets
from pathlib import Path
from typing import Any

from config import embedded
from config.embedded.processes import entries

HOST, ORIGIN = "souk.test", "https://shop.test"
PROXY = "127.0.0.1"


def prepare_environment(folder: Path) -> None:
    """Starts the services, and makes of their addresses a production environment for this process and the servers'."""
    os.environ |= {"SOUK_DATA_DIR": str(folder / "data"), "SOUK_ENV_FILE": os.devnull}
    for name in ("DB_HOST", "REDIS_URL", "STRIPE_SECRET_KEY", "DEBUG"):
        os.environ.pop(name, None)
    embedded.ensure()
    os.environ |= production(folder) | {"SECURITY_STRIPE": embedded.stripe_url()}


def production(folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "bench.security.settings",
        "DB_HOST": str(embedded.run_dir()), "DB_PASS": "unused-on-a-socket", "REDIS_URL": embedded.valkey_url(),
        "SECRET_KEY": secrets.token_urlsafe(48), "JWT_SECRET": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": HOST, "PUBLIC_URL": f"https://{HOST}", "STOREFRONT_URL": ORIGIN, "CORS_ALLOWED_ORIGINS": ORIGIN,
        "EMAIL_URL": f"filemail:///{folder}/mail", "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(12)}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(16)}", "MEDIA_ROOT": str(folder / "media"),
        "TRUSTED_PROXIES": PROXY, "THROTTLE_SCALE": "0", "IMPORT_IMAGES": "true", "LOG_LEVEL": "DEBUG",
    }  # fmt: skip


def open_stage(folder: Path) -> Any:
    """One web node of two processes, one websocket node, one worker; `web-limited` counts requests and trusts no proxy."""
    from bench.soak.cluster import PROJECT, Cluster

    cluster = Cluster(folder / "nodes", web=1, ws=1, worker=1, web_workers="2")
    cluster.folder.mkdir()
    cluster.add("web-limited", "web", entries(PROJECT / "Procfile")["web"])
    limited = cluster.nodes["web-limited"].environment
    limited |= {"THROTTLE_SCALE": "1", "WEB_WORKERS": "1", "CHANNEL_PREFIX": "limited"}
    limited.pop("TRUSTED_PROXIES")
    cluster.start()
    return cluster
