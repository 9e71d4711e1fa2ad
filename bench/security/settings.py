"""Production, but for Stripe's address: the stand-in answers in its place."""

import os

from config.settings import *  # noqa: F403

STRIPE_API_BASE = os.environ["SECURITY_STRIPE"]
