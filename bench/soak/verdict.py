"""What the buyers, sellers and watchers were told, held against the database, the log and the stand-in for Stripe."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from bench.soak.people import Buyer, Deal, Shopkeeper
from bench.soak.watchers import Watcher
from catalog.models import StockLevel
from config import embedded
from config.shared.events import log
from orders.models import Order, OrderItem
from payments.models import Payment

SETTLED = 75.0  # seconds: orphans must be gone within a minute of recovery
DONE_WITH = ("pending_payment", "expired", "cancelled")
# A job of a worker that was killed: thirty seconds until its heartbeat counts as ended, up to a minute until the clock
# runs it again.
TAKEN_UP = 100.0
WAITING = """
SELECT format('%s (%s, attempt %s)', task_name, status, attempts + 1) FROM procrastinate_jobs WHERE queue_name = 'default' AND (status = 'doing'
  OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())))
"""
FAILED = "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1"


def rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Nothing when the statement returns none."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return list(cursor.fetchall()) if cursor.description else []


def settle(look: Callable[[], Any], patience: float = SETTLED) -> tuple[float, Any]:
    """Seconds until `look` finds nothing more, and what it still found when the time was over."""
    begun = time.monotonic()
    while (found := look()) and time.monotonic() - begun < patience:
        time.sleep(0.5)
    return time.monotonic() - begun, found


def waiting_jobs() -> list[str]:
    """Two looks: a periodic job that runs at this moment is not stuck."""
    return [name for (name,) in rows(WAITING)]


# --- Orders ---------------------------------------------------------------------------------------------------


def deals_of(buyers: list[Buyer]) -> Iterator[Deal]:
    return (deal for buyer in buyers for deal in buyer.deals)


def lost_orders(buyers: list[Buyer]) -> list[str]:
    """Orders that were answered and are not there, or not with what was told: total, payment, cancellation."""
    told = [deal for deal in deals_of(buyers) if deal.order]
    found = {str(order.pk): order for order in Order.objects.filter(pk__in=[deal.order for deal in told])}
    return [f"{deal.order}: {wrong}" for deal in told for wrong in differences(deal, found.get(deal.order))]


def differences(deal: Deal, order: Order | None) -> Iterator[str]:
    if order is None:
        yield "not there"
        return
    if deal.total != deal.expected or order.total_amount != deal.expected["amount"]:
        yield f"total {order.total_amount}, told {deal.total}, expected {deal.expected}"
    if deal.is_cancelled and order.status != "cancelled":
        yield f"cancelled, and yet {order.status}"
    if deal.is_charged and not deal.is_cancelled and order.status in DONE_WITH:
        yield f"charged, and yet {order.status} with refund status {order.refund_status}"


def doubled_orders(buyers: list[Buyer]) -> list[str]:
    """One key that made two orders; more orders in the database than buyers made or may have made."""
    deals = list(deals_of(buyers))
    twice = [f"{deal.key}: {sorted(deal.answers)}" for deal in deals if len(deal.answers) > 1]
    told, unclear = sum(deal.order is not None for deal in deals), sum(deal.is_unclear for deal in deals)
    there = Order.objects.count()
    return twice + (
        [f"{there} orders, {told} answered, {unclear} unclear"] if not told <= there <= told + unclear else []
    )


def wrong_stock(keepers: list[Shopkeeper], initial: dict[int, int]) -> list[str]:
    """On hand is what there was, and what was received, less what was sold, to the unit."""
    received = Counter[int]()
    for keeper in keepers:
        received.update(keeper.received)
    kept = OrderItem.objects.exclude(part__order__status__in=DONE_WITH)
    sold = Counter(dict(kept.order_by().values_list("variant").annotate(Sum("quantity"))))
    unclear = {variant for keeper in keepers for variant in keeper.unclear}
    levels = {
        level.variant_id: level for level in StockLevel.objects.filter(variant__in=initial).order_by("pk")
    }
    return [
        f"variant {variant}: {levels[variant].on_hand} on hand, {initial[variant]} + {received[variant]} - {sold[variant]} expected"
        for variant in initial
        if variant not in unclear
        and levels[variant].on_hand != initial[variant] + received[variant] - sold[variant]
    ]


# --- Money ----------------------------------------------------------------------------------------------------


def at_stripe(resource: str) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        address = f"{embedded.stripe_url()}/v1/{resource}?limit=100{after}"
        request = urllib.request.Request(address, headers={"Authorization": "Bearer sk_test_soak"})
        with urllib.request.urlopen(request, timeout=10) as response:
            page = json.loads(response.read())
        yield from page["data"]
        if not page["has_more"]:
            return
        after = f"&starting_after={page['data'][-1]['id']}"


def orphans() -> list[str]:
    """Money that Stripe took and that is neither an order's nor on its way back; an order that was charged twice."""
    taken = {intent["id"]: intent for intent in at_stripe("payment_intents") if intent["amount_received"]}
    payments = {
        payment.provider_reference: payment
        for payment in Payment.objects.filter(provider_reference__in=taken).select_related("order")
    }
    found = [f"{key} has no payment" for key in taken.keys() - payments.keys()]
    charges = Counter(payment.order_id for payment in payments.values() if not is_given_back(payment))
    found += [f"order {order} was charged {times} times" for order, times in charges.items() if times > 1]
    return found + [
        f"{key}: payment {payment.status}, order {payment.order.status}"
        for key, payment in payments.items()
        if not is_given_back(payment) and not is_kept(payment)
    ]


def is_given_back(payment: Payment) -> bool:
    return payment.status == "refunded"


def is_kept(payment: Payment) -> bool:
    return payment.status in {"succeeded", "partially_refunded"} and payment.order.status not in DONE_WITH


def violations() -> dict[str, list[Any]]:
    output = StringIO()
    with suppress(SystemExit):
        call_command("verify", "--json", stdout=output, stderr=StringIO())
    found = json.loads(output.getvalue())
    return {name: rows for name, rows in found.items() if rows}


# --- Events ---------------------------------------------------------------------------------------------------


def events(watchers: list[Watcher], first: int, last: int) -> dict[str, int]:
    totals = Counter[str](frames=0, missed=0, doubled=0, disordered=0)
    for watcher in watchers:
        expected = expected_ids(watcher, first, last)
        mine = [key for key in watcher.ids if key <= last]
        totals.update(
            frames=len(mine), missed=len(expected - set(mine)), doubled=len(mine) - len(set(mine)),
            disordered=int(mine != sorted(mine)), reconnects=watcher.reconnects, resyncs=watcher.resyncs,
        )  # fmt: skip
    return dict(totals)


def expected_ids(watcher: Watcher, first: int, last: int) -> set[int]:
    told = log.for_audiences(
        [watcher.audience], streams=[watcher.stream], after=first, until=last, limit=10**6
    )
    return {event.position for event in told}


def caught_up(watchers: list[Watcher], first: int) -> Callable[[], int]:
    """How many frames are still on their way; what is written meanwhile counts as well."""

    def look() -> int:
        unplaced = rows("SELECT count(*) FROM shared_eventrecord WHERE position IS NULL")[0][0]
        last = log.head()
        return int(unplaced) + sum(
            len(expected_ids(watcher, first, last) - set(watcher.ids)) for watcher in watchers
        )

    return look
