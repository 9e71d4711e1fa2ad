"""The history of orders: each is a story of steps, at hours after it was placed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from django.db.models import F, Sum

from accounts.models import User
from catalog.models import Variant
from config.demo.clock import Clock
from config.demo.data import PEOPLE
from config.demo.people import actor_of, address_of
from config.demo.tables import Past
from config.shared.actor import Actor
from orders import services
from orders.models import Order, OrderPart, Return
from orders.tokens import new_cart_token
from payments.models import Payment, Payout, Refund
from payments.services import (
    cancel_payment,
    mark_payout_paid,
    open_payment,
    run_payouts,
    send_refund,
    settle_payment,
)

PAID = {"place": 0.0, "transfer": 0.2, "settle": 20.0}
ACCEPTED = PAID | {"accept": 26.0}
DELIVERED = ACCEPTED | {"ship": 44.0, "deliver": 92.0}
# What happened, and when.
FATES: Mapping[str, Mapping[str, float]] = {
    "awaiting_transfer": {"place": 0.0, "transfer": 0.2},
    "paid": PAID,
    "accepted": ACCEPTED,
    "packing": ACCEPTED | {"ship_some": 44.0},
    "shipped": ACCEPTED | {"ship": 44.0},
    "delivered": DELIVERED,
    "return_asked": DELIVERED | {"send_back": 120.0},
    "returned": DELIVERED | {"send_back": 120.0, "take_back": 140.0, "receive": 200.0, "refund": 201.0},
    "refused": ACCEPTED | {"refuse": 30.0, "refund": 31.0, "ship": 44.0, "deliver": 92.0},
    "cash_shipped": {"place": 0.0, "cash": 0.1, "accept": 10.0, "ship": 24.0},
    "cash_delivered": {
        "place": 0.0,
        "cash": 0.1,
        "accept": 10.0,
        "ship": 24.0,
        "deliver": 70.0,
        "settle": 90.0,
    },
    "cancelled": {"place": 0.0, "transfer": 0.2, "cancel": 5.0, "call_off": 5.1},
    "refunded": PAID | {"cancel": 25.0, "refund": 26.0},
    "expired": {"place": 0.0, "expire": 1.0},
}
CARRIERS = ["Postal Parcel", "Swift Couriers", "Green Wheels"]


class Story:
    """An order of the past; its methods are the steps, each performed by the actor who would have done it."""

    def __init__(self, number: int, past: Past, people: Mapping[str, User]) -> None:
        self.past, self.minutes = past, 137 * number % 601
        self.admin, self.buyer = people["admin"], people.get(past.buyer)
        self.order = Order()

    def steps(self, clock: Clock) -> Iterator[tuple[datetime, str]]:
        placed = clock.ago(days=self.past.days) - timedelta(minutes=self.minutes)
        for name, hours in FATES[self.past.fate].items():
            yield placed + timedelta(hours=hours), name

    def actor(self) -> Actor:
        return actor_of(self.buyer) if self.buyer else Actor(cart_token=new_cart_token())

    def parts(self, *statuses: str) -> list[OrderPart]:
        parts = OrderPart.objects.filter(order=self.order, status__in=statuses).select_related("seller__user")
        return list(parts.order_by("pk"))

    def place(self) -> None:
        actor = self.actor()
        fill_cart(actor, self.past.lines)
        if self.past.coupon:
            services.apply_coupon(held=services.lock_cart(actor=actor), code=self.past.coupon)
        email = "" if self.buyer else self.past.buyer
        checkout = services.Checkout(
            shipping_address=destination(self.past.buyer), email=email, note=self.past.note
        )
        self.order = services.place_order(actor=actor, checkout=checkout)

    def transfer(self) -> None:
        self.promise(Payment.Method.BANK_TRANSFER)

    def cash(self) -> None:
        self.promise(Payment.Method.CASH_ON_DELIVERY)

    def promise(self, method: str) -> None:
        open_payment(
            order_id=self.order.pk,
            provider=Payment.Provider.MANUAL,
            method=method,
            begin=lambda payment: None,
        )

    def settle(self) -> None:
        settle_payment(payment_id=Payment.objects.open().get(order=self.order).pk, by=self.admin)

    def accept(self) -> None:
        for part in self.parts("pending"):
            services.accept_part(part_id=part.pk, by=actor_of(part.seller.user))

    def ship(self) -> None:
        for part in self.parts("accepted"):
            send(part)

    def ship_some(self) -> None:
        """Ships the first of several things."""
        part = self.parts("accepted")[0]
        item = part.items.order_by("pk")[0]
        send(part, quantities={item.pk: 1})

    def deliver(self) -> None:
        for part in self.parts("shipped"):
            services.deliver_part(part_id=part.pk, by=actor_of(part.seller.user))

    def send_back(self) -> None:
        """The buyer returns the last thing."""
        part = self.parts("delivered")[-1]
        item = part.items.order_by("-pk")[0]
        services.request_return(
            order_id=self.order.pk,
            quantities={item.pk: item.quantity},
            reason="Not what I expected.",
            by=self.actor(),
        )

    def take_back(self) -> None:
        for returned, seller in self.returns("requested"):
            services.approve_return(return_id=returned, by=seller)

    def receive(self) -> None:
        for returned, seller in self.returns("approved"):
            services.receive_return(return_id=returned, by=seller)

    def returns(self, status: str) -> list[tuple[int, Actor]]:
        """The order's returns, each with its seller."""
        found = Return.objects.filter(order=self.order, status=status).select_related("part__seller__user")
        return [(returned.pk, actor_of(returned.part.seller.user)) for returned in found]

    def refuse(self) -> None:
        """The second seller cannot deliver after all."""
        part = self.parts("accepted")[1]
        services.cancel_part(part_id=part.pk, by=actor_of(part.seller.user), reason="Damaged in our store.")

    def cancel(self) -> None:
        services.cancel_order(order_id=self.order.pk, by=self.actor(), reason="I changed my mind.")

    def call_off(self) -> None:
        for payment in Payment.objects.open().filter(order=self.order):
            cancel_payment(payment_id=payment.pk)

    def refund(self) -> None:
        for refund in Refund.objects.filter(payment__order=self.order, status=Refund.Status.PENDING):
            send_refund(refund_id=refund.pk)

    def expire(self) -> None:
        if not services.expire_order(order_id=self.order.pk):
            raise RuntimeError(f"Order {self.order.number} was not due.")


def send(part: OrderPart, quantities: Mapping[int, int] | None = None) -> None:
    carrier = CARRIERS[part.pk % len(CARRIERS)]
    services.ship_part(
        part_id=part.pk,
        by=actor_of(part.seller.user),
        quantities=quantities,
        carrier=carrier,
        tracking_number=f"{carrier[:2].upper()}{48_150_000 + part.pk * 37}",
    )


def fill_cart(actor: Actor, lines: str) -> None:
    """ "oxford-shirt*2 beanie": adds each thing in the variant with the most stock. Needs a transaction."""
    for line in lines.split():
        key, _, quantity = line.partition("*")
        held = services.lock_cart(actor=actor)
        services.add_line(held=held, variant_id=best_variant(key).pk, quantity=int(quantity or 1))


def best_variant(key: str) -> Variant:
    stocked = Variant.objects.for_sale().filter(product__handle=key)
    free = Sum(F("levels__on_hand") - F("levels__reserved"))
    return stocked.annotate(free=free).order_by("-free", "pk")[0]


def pay_out() -> None:
    run_payouts(batch=uuid4())


def finish_payouts() -> None:
    """Staff have made the bank transfers."""
    for payout in Payout.objects.filter(status=Payout.Status.PENDING):
        mark_payout_paid(payout_id=payout.pk)


def destination(buyer: str) -> dict[str, str]:
    """The buyer's address; guests live in Berlin."""
    person = next((one for one in PEOPLE if one.key == buyer), None)
    return address_of(person.name, person.place) if person else address_of("Robin Vogel", "berlin")
