"""One module for each resource of Stripe's API, combined here into one routing table."""

from ..routing import Route
from . import (
    accounts,
    balance,
    charges,
    checkout_sessions,
    customers,
    disputes,
    event_log,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
    transfers,
    webhook_endpoints,
)

ROUTES: list[Route] = [
    *accounts.ROUTES,
    *balance.ROUTES,
    *charges.ROUTES,
    *checkout_sessions.ROUTES,
    *customers.ROUTES,
    *disputes.ROUTES,
    *event_log.ROUTES,
    *payment_intents.ROUTES,
    *payment_methods.ROUTES,
    *payouts.ROUTES,
    *refunds.ROUTES,
    *setup_intents.ROUTES,
    *transfers.ROUTES,
    *webhook_endpoints.ROUTES,
]
