"""PostgreSQL, Valkey and a Stripe stand-in that the project starts itself when no settings give their addresses. All
processes of the project share them; they stop when the last of these processes has ended, however it ended.

    ensure()  →  a shared lock  →  the keeper (a separate process)  →  postgres, valkey-server, payments.standin
"""

from config.embedded.errors import NotStarted
from config.embedded.places import data_dir, run_dir
from config.embedded.secret import local_secret
from config.embedded.start import ensure, revive
from config.embedded.stripe import url as stripe_url
from config.embedded.stripe import webhooks_to as stripe_webhooks_to
from config.embedded.valkey import url as valkey_url

__all__ = [
    "NotStarted",
    "data_dir",
    "ensure",
    "local_secret",
    "revive",
    "run_dir",
    "stripe_url",
    "stripe_webhooks_to",
    "valkey_url",
]
