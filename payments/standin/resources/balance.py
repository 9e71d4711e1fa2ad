"""The balance and its transactions."""

from typing import Any

from .. import objects
from ..call import Call
from ..params import text
from ..routing import Route, listing, retrieving
from ..store import Object

TOTALS = """
SELECT json_extract(data, '$.currency'), sum(json_extract(data, '$.net')) FROM objects
WHERE type = 'balance_transaction' AND account = ? AND json_extract(data, '$.status') = ?
GROUP BY json_extract(data, '$.currency')
"""
REPORTING = {"adjustment": "dispute", "payment": "charge", "payment_refund": "refund"}


def post_transaction(
    call: Call,
    kind: str,
    source: Object,
    amount: int,
    *,
    fee: int = 0,
    available_on: int | None = None,
    **more: Any,
) -> Object:
    """One movement of the account's balance, from `source`; without `available_on` it is available at once."""
    day = call.now if available_on is None else available_on
    transaction = objects.new(
        call,
        "balance_transaction",
        amount=amount,
        available_on=day,
        balance_type="payments",
        currency=source["currency"],
        description=source.get("description"),
        exchange_rate=None,
        fee=fee,
        fee_details=_fee_details(fee, source["currency"]),
        net=amount - fee,
        reporting_category=REPORTING.get(kind, kind),
        source=source["id"],
        status="available" if day <= call.now else "pending",
        type=kind,
    )
    return objects.create(call, transaction | more)


def available(call: Call, currency: str) -> int:
    return _totals(call, "available").get(currency, 0)


def retrieve(call: Call) -> Object:
    ready, waiting = _totals(call, "available"), _totals(call, "pending")
    currencies = sorted({"usd", *ready, *waiting})
    return {
        "object": "balance",
        "available": [_line(currency, ready.get(currency, 0)) for currency in currencies],
        "connect_reserved": [{"amount": 0, "currency": currency} for currency in currencies],
        "livemode": False,
        "pending": [_line(currency, waiting.get(currency, 0)) for currency in currencies],
    }


def _totals(call: Call, status: str) -> dict[str, int]:
    return dict(call.store.db.execute(TOTALS, (call.account, status)).fetchall())


def _line(currency: str, amount: int) -> Object:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


def _fee_details(fee: int, currency: str) -> list[Object]:
    if not fee:
        return []
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
    }
    return [{**detail, "type": "stripe_fee"}]


ROUTES = [
    Route("GET", "/v1/balance", retrieve),
    retrieving("/v1/balance_transactions/{}", "balance_transaction"),
    listing(
        "/v1/balance_transactions", "balance_transaction", currency=text, payout=text, source=text, type=text
    ),
]
