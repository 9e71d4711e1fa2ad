"""Buyers and sellers: what they do, and what they were told, which is what the verdict holds the database against."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from bench.soak.wire import Answer, Balancer, fresh_key

T = TypeVar("T")
CROWD = 32  # threads of the clients: four times as many as two servers have
ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "12 Mill Lane",
    "city": "London",
    "postal_code": "N1 9GU",
    "country": "GB",
}
CARDS = ["pm_card_visa"] * 6 + ["pm_card_chargeDeclined", "pm_card_authenticationRequired"]


@dataclass
class Deal:
    """One attempt to buy, as its buyer knows it."""

    key: str
    expected: dict[str, Any]
    order: str | None = None
    total: dict[str, Any] | None = None
    payments: set[str] = field(default_factory=set)
    is_charged: bool = False  # the confirmation was answered `succeeded`
    is_cancelled: bool = False  # the cancellation was answered
    is_unclear: bool = False  # no answer until the end
    answers: set[str] = field(default_factory=set)  # orders that were named for the one key


class Person(threading.Thread):
    """Does one round after another until told to stop; the last round is brought to its end."""

    def __init__(self, name: str, wire: Balancer, stopping: threading.Event, seed: str) -> None:
        super().__init__(name=name, daemon=True)
        self.wire, self.stopping, self.choose = wire, stopping, random.Random(seed)
        self.failure = ""

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.round()
                self.stopping.wait(self.choose.random() / 2)
        except Exception as problem:  # the verdict tells of it
            self.failure = f"{self.name}: {problem!r}"
            raise

    def round(self) -> None:
        raise NotImplementedError


class Buyer(Person):
    """A customer when there is a token, else a guest with a new cart each time."""

    def __init__(self, token: str | None, variants: list[int], **rest: Any) -> None:
        super().__init__(**rest)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.variants, self.deals = variants, list[Deal]()

    def round(self) -> None:
        headers = self.filled_cart()
        quote = headers is not None and self.wire.send(
            "POST", "/cart/quote", {"shipping_address": ADDRESS}, **headers
        )
        if not quote or quote.status != 200:
            return
        deal = Deal(key=uuid4().hex, expected=quote.body["total"])
        self.deals.append(deal)
        order = self.placed(deal, headers)
        if order is None:
            return
        mine = self.headers or {"Order-Token": order["access_token"]}
        if self.choose.random() < 0.9:
            self.pay(deal, mine)
        if self.choose.random() < 0.15:
            answer = self.wire.send("POST", f"/orders/{deal.order}/cancel", {}, **fresh_key(), **mine)
            deal.is_cancelled = answer is not None and answer.status == 200

    def filled_cart(self) -> dict[str, str] | None:
        headers = dict(self.headers)
        if headers:
            self.wire.send("DELETE", "/cart", **headers)
        for variant in self.choose.sample(self.variants, self.choose.choice([1, 1, 2, 3])):
            body = {"variant": str(variant), "quantity": self.choose.choice([1, 1, 2])}
            answer = self.wire.send("POST", "/cart/items", body, **headers)
            if answer is None:
                return None
            if not self.headers and (token := answer.headers.get("Cart-Token")):
                headers["Cart-Token"] = token
        return headers

    def placed(self, deal: Deal, headers: dict[str, str]) -> dict[str, Any] | None:
        """Sometimes as by a double click: the same request twice at once."""
        body: dict[str, Any] = {"shipping_address": ADDRESS, "expected_total": deal.expected}
        if not self.headers:
            body["email"] = f"{uuid4().hex[:12]}@example.com"

        def send() -> Answer | None:
            return self.wire.send("POST", "/orders/place", body, Idempotency_Key=deal.key, **headers)

        answers = at_once([send] * (2 if self.choose.random() < 0.2 else 1))
        made = [answer.body for answer in answers if answer is not None and answer.status == 201]
        deal.is_unclear = None in answers and not made
        deal.answers = {order["id"] for order in made}
        if made:
            deal.order, deal.total = made[0]["id"], made[0]["total"]
        return made[0] if made else None

    def pay(self, deal: Deal, mine: dict[str, str]) -> None:
        """Declined once in a while; sometimes in two tabs at once."""
        tabs = 2 if self.choose.random() < 0.15 else 1
        card = self.choose.choice(CARDS)
        at_once([lambda: self.pay_in_tab(deal, mine, card)] * tabs)

    def pay_in_tab(self, deal: Deal, mine: dict[str, str], card: str) -> None:
        opened = self.wire.send("POST", "/payments", {"order": deal.order}, **fresh_key(), **mine)
        if opened is None or opened.status != 201:
            return
        deal.payments.add(opened.body["id"])
        path, body = f"/payments/{opened.body['id']}/confirm", {"payment_method": card}
        confirmed = self.wire.send("POST", path, body, **fresh_key(), **mine)
        if confirmed is not None and confirmed.status == 200 and confirmed.body["status"] == "succeeded":
            deal.is_charged = True


class Shopkeeper(Person):
    """Fulfils what is paid, and receives new stock."""

    def __init__(self, token: str, variants: list[int], **rest: Any) -> None:
        super().__init__(**rest)
        self.headers, self.variants = {"Authorization": f"Bearer {token}"}, variants
        self.received: dict[int, int] = dict.fromkeys(variants, 0)
        self.unclear: set[int] = set()  # variants of which a delta was not answered

    def round(self) -> None:
        listing = self.wire.send("GET", "/orders/seller?limit=10", **self.headers)
        for part in listing.body["results"] if listing is not None and listing.status == 200 else ():
            step = {"pending": "accept", "accepted": "ship", "shipped": "deliver"}.get(part["status"])
            if step and self.choose.random() < 0.5:
                self.wire.send(
                    "POST", f"/orders/seller/{part['id']}/{step}", {}, **fresh_key(), **self.headers
                )
        if self.choose.random() < 0.5:
            self.receive(self.choose.choice(self.variants), self.choose.choice([1, 2, 5]))

    def receive(self, variant: int, delta: int) -> None:
        body = {"variant": str(variant), "delta": delta, "reason": "delivery"}
        answer = self.wire.send("POST", "/inventory/adjust", body, **fresh_key(), **self.headers)
        if answer is None:
            self.unclear.add(variant)
        elif answer.status == 200:
            self.received[variant] += delta


class Accountant(Person):
    """Reads what is long, from the replica while there is one."""

    def __init__(self, token: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.reports = 0

    def round(self) -> None:
        for path in ("/products/export?format=souk", "/seller/statement"):
            answer = self.wire.send("GET", path, **self.headers)
            self.reports += answer is not None and answer.status == 200
        self.stopping.wait(1)


def at_once(acts: Sequence[Callable[[], T]], crowd: int = CROWD) -> list[T]:
    """What each returned, in order; `crowd` of them at a time."""
    with ThreadPoolExecutor(min(crowd, len(acts))) as pool:
        return [done.result() for done in [pool.submit(act) for act in acts]]
