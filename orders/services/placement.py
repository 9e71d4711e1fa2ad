"""Placing an order: one short transaction, in the lock order key, cart, order, coupon, stock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from catalog.errors import OutOfStock
from catalog.services import hold_stock, sell_stock
from config.shared.actor import Actor
from config.shared.errors import invalid
from config.shared.events import log
from config.shared.money import Money
from config.shared.postgres import writes
from orders.errors import CartEmpty, PriceChanged
from orders.events import OrderPlaced
from orders.models import Cart, Order
from orders.services.carts import empty_cart, lock_cart
from orders.services.contents import Contents
from orders.services.coupons import Buyer, refusal_for, use_coupons
from orders.services.freezing import freeze, total_of
from orders.services.quoting import Quote, make_quote
from orders.services.stock import demand_of
from orders.services.timeline import Doer, everybody, note
from orders.signals import order_paid, order_placed


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """The buyer's choices. `shipping` maps seller id → option id; a seller left out gets their cheapest option."""

    shipping_address: Mapping[str, Any]
    billing_address: Mapping[str, Any] | None = None
    email: str = ""
    shipping: Mapping[str, str] = field(default_factory=dict)
    expected_total: Money | None = None
    note: str = ""


def forget(order: Order) -> None:
    """The default `store`: the answer is not stored."""


def take(cart: Cart) -> None:
    """The default `check`: accepts the cart at any version."""


@transaction.atomic(savepoint=False)
def place_order(
    *,
    actor: Actor,
    checkout: Checkout,
    check: Callable[[Cart], None] = take,
    store: Callable[[Order], Any] = forget,
) -> Order:
    """Turns the actor's cart into an order whose stock is held (sold at once when the total is 0).

    `check` gets the locked cart and may refuse it. `store` gets the finished order before the stock is touched: stock
    comes last, because others wait for its rows.
    Raises CartEmpty, OutOfStock, NoShipping, PriceChanged, CouponExhausted, CouponNotValid, CouponNotApplicable.
    """
    email = email_of(actor, checkout)
    held = lock_cart(actor=actor)
    check(held.cart)
    contents = held.read(buyer=Buyer(actor.user_id, email))
    check_contents(contents)
    quote = make_quote(contents, address=checkout.shipping_address, chosen=checkout.shipping, may_call=False)
    check_total(quote, checkout.expected_total)
    order = freeze(quote, actor=actor, now=contents.now, details=details_of(checkout, email))
    empty_cart(held=held)
    use_coupons(coupons=[one.coupon for one in quote.discounts], order=order)
    announce(order)
    store(order)
    take_stock(order)
    return order


def email_of(actor: Actor, checkout: Checkout) -> str:
    if email := checkout.email or (actor.user.email if actor.user is not None else ""):
        return email
    raise invalid("email", "A guest's order needs an e-mail address.", "required")


def details_of(checkout: Checkout, email: str) -> dict[str, Any]:
    return {
        "email": email,
        "shipping_address": dict(checkout.shipping_address),
        "billing_address": dict(checkout.billing_address or checkout.shipping_address),
        "note": checkout.note,
    }


def check_contents(contents: Contents) -> None:
    """Refuses early what is unavailable; the stock statement at the end decides."""
    if not contents.lines:
        raise CartEmpty
    short = [line for line in contents.lines if not line.is_available]
    if short:
        raise OutOfStock(
            lines=[
                {
                    "variant": str(line.variant.pk),
                    "requested": line.item.quantity,
                    "available": line.available,
                }
                for line in short
            ]
        )
    if problem := contents.coupon_problem:
        raise refusal_for(problem)


def check_total(quote: Quote, expected: Money | None) -> None:
    total = total_of(quote)
    if expected is not None and expected != total:
        raise PriceChanged(expected=expected, total=total, changes=quote.contents.changes)


def announce(order: Order) -> None:
    """Writes timeline and event log, and sends the signals."""
    writes.insert_later(note(order, OrderPlaced, by=Doer("customer", order.user_id)))
    event = OrderPlaced(order=str(order.pk), number=order.number, status=order.status)
    log.append(event, audiences=everybody(order))
    order_placed.send(sender=Order, order=order)
    if order.is_paid:
        order_paid.send(sender=Order, order=order)


def take_stock(order: Order) -> None:
    demand, reference = demand_of(order.items.all()), order.stock_reference  # type: ignore[attr-defined]
    if order.hold_expires_at is None:
        sell_stock(demand=demand, reference=reference)
    else:
        hold_stock(demand=demand, reference=reference, expires_at=order.hold_expires_at)
