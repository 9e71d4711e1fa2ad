"""The six main events of a payment in any order, each of them twice: one state, one set of books."""

import itertools
import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import stripe
from django.apps import apps
from django.db import connection, transaction
from procrastinate.contrib.django import app

from config.tests.jobs import REQUEST_ID, finish
from orders.models import Document, Order, OrderItem, OrderPart
from payments import gateway, services
from payments.models import Dispute, LedgerTransaction, Payment, Refund, StripeEvent
from payments.providers import PROVIDERS
from payments.tests.factories import books, check_books, deliver, events_of, pay
from payments.tests.test_webhooks import confirm_at_stripe
from payments.transport import TimedClient
from payments.webhooks import Notice

pytestmark = pytest.mark.django_db
MAIN = (
    "payment_intent.created", "payment_intent.payment_failed", "payment_intent.succeeded", "refund.created",
    "charge.dispute.created", "charge.dispute.closed",
)  # fmt: skip
MONEY_JOB = """
SELECT id, task_name, args::text FROM procrastinate_jobs WHERE status = 'todo' AND task_name LIKE 'payments.%' ORDER BY id LIMIT 1
"""
NUMBER = re.compile(r":\d+")
SAMPLE = random.Random(7).sample(range(1, 719), 30)
STATUSES = (
    "requires_payment_method", "requires_confirmation", "requires_action", "processing", "succeeded", "canceled",
)  # fmt: skip


@pytest.fixture
def story(client: Any, order: Any, standin: Any) -> list[dict[str, Any]]:
    """Declined, paid, partly refunded in the dashboard, disputed and won: Stripe alone knows."""
    reference = pay(client, order).json()["provider_reference"]
    with pytest.raises(stripe.CardError):
        gateway.call(
            lambda at: at.v1.payment_intents.confirm(reference, {"payment_method": "pm_card_chargeDeclined"})
        )
    confirm_at_stripe(reference)
    refund: Any = {"payment_intent": reference, "amount": 500}
    gateway.call(lambda at: at.v1.refunds.create(refund, {"idempotency_key": f"dashboard-{reference}"}))
    dispute = standin.open_dispute(payment_intent=reference, reason="fraudulent")["id"]
    standin.close_dispute(dispute, "won")
    told = [*events_of(standin, reference), *events_of(standin, dispute)]
    return [next(event for event in told if event["type"] == kind) for kind in MAIN]


@pytest.fixture
def asked_once(story: Any, monkeypatch: Any) -> None:
    """The story is over, so what is read of it stays the same."""
    ask, answers = TimedClient.request, {}

    def request(client: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        assert method.lower() == "get"
        if url not in answers:
            answers[url] = ask(client, method, url, *args, **kwargs)
        return answers[url]

    monkeypatch.setattr(TimedClient, "request", request)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def arrive(event: dict[str, Any]) -> None:
    """Twice, and all that follows from it."""
    notice = Notice(event["id"], event["type"], event["data"]["object"]["id"])
    assert [services.keep_event(notice=notice) for _ in range(2)] == [True, False]
    run_money_jobs()


def run_money_jobs() -> None:
    """Those of this app: mails and the like are no part of what is compared."""
    with connection.cursor() as cursor:
        while job := cursor.execute(MONEY_JOB).fetchone():
            finish(job[0])
            arguments = {name: value for name, value in json.loads(job[2]).items() if name != REQUEST_ID}
            app.tasks[job[1]].func(**arguments)


def state() -> Any:
    payment = Payment.objects.select_related("order").get()
    return (
        (payment.status, payment.order.status, payment.order.refund_status),
        list(Refund.objects.values_list("amount", "status")),
        list(Dispute.objects.values_list("amount", "status")),
        books(),
        sorted(LedgerTransaction.objects.values_list("kind", flat=True)),
        [(one.number, one.amount) for one in Document.objects.order_by("kind")],
        StripeEvent.objects.exclude(status="processed").count(),
    )


def dump() -> tuple[str, ...]:
    """All rows that a webhook may change. Refund and dispute are the only ones of their kind: their ids, and times, say nothing."""
    models = [*apps.get_app_config("payments").get_models(), Order, OrderPart, OrderItem, Document]
    tables = (model._meta.db_table for model in models)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', to_jsonb(t) FROM {name} t" for name in tables))
        rows = [(name, json.loads(row)) for name, row in cursor.fetchall()]
    ledger = {row["id"]: row["reference"] for name, row in rows if name.endswith("_ledgertransaction")}
    return tuple(sorted(f"{name} {NUMBER.sub(':#', json.dumps(plain(row, ledger)))}" for name, row in rows))


def plain(row: dict[str, Any], ledger: dict[int, str]) -> dict[str, Any]:
    for name, value in row.items():
        if name.endswith("_at") or name in ("id", "token", "refund_id", "dispute_id"):
            row[name] = value is not None
    return row | {"transaction_id": ledger.get(row.get("transaction_id", 0))}


class Search:
    """From each state every event that has not arrived; equal states once. `orders` counts, by state, the ways on."""

    def __init__(self, story: list[dict[str, Any]]) -> None:
        self.story = story
        self.orders: dict[Any, int] = {}
        self.ends: list[Any] = []

    def go(self, left: frozenset[int]) -> int:
        here = left, dump()
        if here not in self.orders:
            self.orders[here] = sum(self.take(left, number) for number in left) if left else self.end()
        return self.orders[here]

    def take(self, left: frozenset[int], number: int) -> int:
        with undone():
            arrive(self.story[number])
            return self.go(left - {number})

    def end(self) -> int:
        check_books()
        self.ends.append(state())
        return 1


END = (
    ("partially_refunded", "paid", "partial"),
    [(500, "succeeded")],
    [(1999, "won")],
    {"commission": 150, "seller_payable": 1349, "stripe": -1411, "stripe_fees": -88},
    ["capture", "dispute", "dispute_won", "fee", "fee", "fee", "refund", "refund_paid", "sale"],
    [("CN-000001", 500), ("INV-000001", 1999)],
    0,
)


def test_webhooks_in_all_720_orders(story: list[dict[str, Any]], asked_once: None) -> None:
    """What was reserved while the dispute was open is the refund's amount less when the refund came first: two ends."""
    search = Search(story)

    assert search.go(frozenset(range(len(MAIN)))) == 720
    assert len({left for left, _ in search.orders}) == 64
    assert search.ends == [END, END]


def test_webhooks_over_http(api: Any, story: list[dict[str, Any]], run_jobs: Any) -> None:
    every = list(itertools.permutations(story))
    for number in (0, *SAMPLE[:2], 719):
        with undone():
            for event in every[number]:
                assert [deliver(api, event).status_code for _ in range(2)] == [200, 200]
                run_jobs()
            assert state() == END


def test_what_was_read_in_any_order(client: Any, order: Any, standin: Any) -> None:
    """Answers that were read in time and come late, in the same sample of orders: forward only, and money is never overlooked."""
    payment = Payment.objects.get(pk=pay(client, order).json()["id"])
    read = PROVIDERS["stripe"].fetch(payment)
    answers = {
        status: replace(read, status=status, received=payment.amount if status == "succeeded" else 0)
        for status in STATUSES
    }
    outcomes = set()
    every = list(itertools.permutations(STATUSES))
    for number in (0, *SAMPLE, 719):
        with transaction.atomic():
            for status in every[number]:
                services.apply_intent(payment_id=payment.pk, intent=answers[status])
            outcomes.add(tuple(Payment.objects.values_list("status", "order__status").get()))
            transaction.set_rollback(True)

    assert outcomes == {("succeeded", "paid")}
