"""Races for money: tabs that pay, answers of Stripe that are lost, webhooks out of order, refunds at once."""

import json
import urllib.request
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db.models import Sum

from accounts.tests.factories import AdminFactory, token_for
from bench.races.race import Race, statuses
from bench.soak import verdict
from bench.soak.nemesis import standin
from bench.soak.people import at_once
from config import embedded
from orders.models import Order
from payments.models import LedgerTransaction, Payment, Refund
from payments.tests.factories import WEBHOOK, events_of, signature
from payments.tests.test_webhooks import confirm_at_stripe

CARD = {"payment_method": "pm_card_visa"}
ACT = "/v1/payment_intents/*/confirm"


def charges_of(orders: list[Order]) -> Counter[str]:
    """How often money was taken for each, by the stand-in's own books."""
    wanted = {str(order.pk) for order in orders}
    taken = (one for one in verdict.at_stripe("payment_intents") if one["amount_received"])
    return Counter(one["metadata"]["order"] for one in taken if one["metadata"].get("order") in wanted)


class Paying(Race):
    """Orders and their buyers."""

    def orders(self, count: int) -> list[tuple[Order, dict[str, str]]]:
        return [self.stage.order() for _ in range(count)]

    def paying(self, order: Order, mine: dict[str, str], **body: Any) -> Callable[[], Any]:
        return lambda: self.stage.post("/payments", {"order": str(order.pk), **body}, **mine)


class Tabs(Paying):
    """Some of the answers of Stripe are lost, so that the tabs try again."""

    title = "four tabs pay, answers of Stripe are lost"
    without = "no lock of order and payment, no unique live payment"
    guards = ("order and payment",)
    constraints = ("payment_one_live_an_order",)

    def round(self) -> int:
        orders = self.orders(4)
        standin().trouble(method="POST", path="/v1/payment_intents*", drop=True, probability=0.2)
        acts = [self.paying(order, mine, **CARD) for order, mine in orders for _ in range(4)]
        self.choose.shuffle(acts)
        at_once(acts, len(acts))
        standin().calm()
        again = statuses(at_once([self.paying(order, mine, **CARD) for order, mine in orders]))
        charges = charges_of([order for order, _ in orders])
        for number, (order, _) in enumerate(orders):
            order.refresh_from_db()
            told = f"{charges[str(order.pk)]} charges, {order.status}, then answered {again[number]}"
            self.expect(charges[str(order.pk)] == 1 and order.status == "paid", told)
        return len(acts)


class Orphans(Paying):
    """The answer to a charge is lost, its webhook too; half of the buyers cancel meanwhile. Whoever looks later finds it."""

    title = "paid, and neither answer nor webhook arrives"
    without = "the reconciler finds nothing"
    guards = ("reconciler",)

    def begin(self) -> None:
        standin().trouble(hold_webhooks=True)

    def round(self) -> int:
        orders = self.orders(4)
        opened = at_once([self.paying(order, mine) for order, mine in orders])
        standin().trouble(method="POST", path=ACT, drop=True)
        acts = [
            lambda mine=mine, paid=paid: self.stage.wire.once(
                "POST",
                f"/payments/{paid.body['id']}/confirm",
                CARD,
                {**mine, "Idempotency-Key": paid.body["id"]},
            )
            for (_, mine), paid in zip(orders, opened, strict=True)
        ]
        acts += [
            lambda mine=mine, order=order: self.stage.post(f"/orders/{order.pk}/cancel", {}, **mine)
            for order, mine in orders[::2]
        ]
        at_once(acts)
        standin().calm()
        standin().trouble(hold_webhooks=True)
        return len(acts)

    def end(self) -> None:
        """A minute, and what a run of the reconciler takes."""
        _, left = verdict.settle(verdict.orphans)
        self.violations += left


class Webhooks(Paying):
    """Each event of a payment, with the answer that its buyer gets, at both servers, twice each, in an order by chance."""

    title = "webhooks doubled, in any order, at once with the answer"
    without = "no lock of order and payment, entries of the ledger not unique"
    guards = ("order and payment",)
    constraints = ("payments_ledgertransaction_reference_key",)

    def begin(self) -> None:
        standin().trouble(hold_webhooks=True)
        embedded.stripe_webhooks_to("http://127.0.0.1:9/")
        self.made: list[Order] = []

    def round(self) -> int:
        order, mine = self.stage.order()
        self.made.append(order)
        opened = self.paying(order, mine)().body
        reference = Payment.objects.get(pk=opened["id"]).provider_reference
        confirm_at_stripe(reference)
        told = events_of(standin(), reference) * 2
        self.choose.shuffle(told)
        acts = [lambda event=event: self.deliver(event) for event in told]
        acts.append(lambda: self.stage.wire.send("GET", f"/payments/{opened['id']}", **mine).status)
        answers = at_once(acts, len(acts))
        self.expect(set(answers) == {200}, f"answered {Counter(answers)}")
        return len(acts)

    def deliver(self, event: dict[str, Any]) -> int:
        raw = json.dumps(event)
        node = self.choose.choice(self.stage.wire.nodes)
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature(raw)}
        with urllib.request.urlopen(
            urllib.request.Request(node + WEBHOOK, raw.encode(), headers), timeout=30
        ) as got:
            return int(got.status)

    def end(self) -> None:
        embedded.stripe_webhooks_to(f"{self.stage.wire.nodes[0]}{WEBHOOK}")
        verdict.settle(verdict.waiting_jobs)
        for order in Order.objects.filter(pk__in=[order.pk for order in self.made]):
            paid, captures = order.events.filter(status="paid").count(), captures_of(order)
            self.expect(
                (order.status, paid, captures) == ("paid", 1, 1),
                f"{order.status}, paid {paid} times, captured {captures} times",
            )


def captures_of(order: Order) -> int:
    return LedgerTransaction.objects.filter(kind="capture", entries__order=order).distinct().count()


class EarlyWebhook(Paying):
    """Stripe has the charge and tells of it, while the call that made it has no answer yet; then the answer is lost."""

    title = "a webhook before the commit of the call that caused it"
    without = "an intent is not known by the token that went along with it"
    guards = ("token of a payment", "later looks at a payment")

    def begin(self) -> None:
        self.made: list[Order] = []

    def round(self) -> int:
        orders = self.orders(3)
        self.made += [order for order, _ in orders]
        standin().trouble(method="POST", path="/v1/payment_intents", delay=0.5, when="after", drop=True)
        at_once(
            [
                lambda mine=mine, order=order: self.stage.wire.once(
                    "POST",
                    "/payments",
                    {"order": str(order.pk), **CARD},
                    {**mine, "Idempotency-Key": str(order.pk)},
                )
                for order, mine in orders
            ]
        )
        standin().calm()
        return len(orders)

    def end(self) -> None:
        """Every payment knows its intent by the webhook alone: nobody asked again."""
        mine = Payment.objects.filter(order__in=self.made)
        verdict.settle(lambda: [*mine.filter(provider_reference="")][:1], 30)
        lost = mine.filter(provider_reference="").count()
        self.violations += ["an intent that nobody knows"] * lost
        self.expect(mine.count() == len(self.made), "a payment has no row")


class Refunds(Paying):
    """Fifty of random amounts, which together are more than was paid."""

    title = "fifty partial refunds of a payment"
    without = "no locks, no condition in the statement that claims, no CHECK"
    guards = ("room for a refund",)
    constraints = ("payment_refunds_within_captured",)

    def begin(self) -> None:
        self.admin = {"Authorization": f"Bearer {token_for(AdminFactory())}"}

    def round(self) -> int:
        order, mine = self.stage.order(price_amount=10_000)
        self.paying(order, mine, **CARD)()
        amounts = [self.choose.randint(200, 900) for _ in range(50)]
        path, refund, money = f"/orders/{order.pk}/refunds", {"reason": "sorry"}, {"currency": order.currency}
        answers = at_once(
            [
                lambda amount=amount: self.stage.post(
                    path, refund | {"amount": money | {"amount": amount}}, **self.admin
                )
                for amount in amounts
            ]
        )
        refunds, payment = Refund.objects.filter(payment__order=order), Payment.objects.get(order=order)
        claimed = refunds.aggregate(total=Sum("amount"))["total"] or 0
        self.expect(
            claimed <= payment.captured_amount == order.total_amount,
            f"{claimed} of {payment.captured_amount}",
        )
        self.expect(claimed == payment.refund_amount, f"{claimed} claimed, {payment.refund_amount} counted")
        self.expect(statuses(answers).count(201) == refunds.count(), f"answered {Counter(statuses(answers))}")
        self.expect(order.total_amount - claimed < 900, f"only {claimed} given back")
        return len(answers)


RACES: list[type[Race]] = [Tabs, Orphans, Webhooks, EarlyWebhook, Refunds]
