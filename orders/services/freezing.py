"""Turns a quote into rows that stay as agreed, whatever happens to product, price or seller later."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from config.shared.actor import Actor
from config.shared.errors import Busy
from config.shared.money import Money
from config.shared.postgres import trees
from orders.models import Order, OrderItem, OrderPart
from orders.numbers import new_number
from orders.services import pricing
from orders.services.contents import CartLine, Discount
from orders.services.quoting import Quote
from orders.services.timeline import remember


def columns(sums: pricing.Sums) -> dict[str, int]:
    return {
        "subtotal_amount": sums.subtotal,
        "discount_amount": sums.discount,
        "shipping_amount": sums.shipping,
        "tax_amount": sums.tax,
        "tax_included_amount": sums.tax_included,
        "total_amount": sums.total,
    }


def freeze(quote: Quote, *, actor: Actor, now: datetime, details: Mapping[str, Any]) -> Order:
    """Writes order, parts and items (no stock, no events). An order with a total of 0 is paid from the start."""
    sums, discounts = quote.priced.sums, quote.discounts
    coupon = next((one.coupon for one in discounts if one.coupon == quote.contents.coupon), None)
    unpaid = {"hold_expires_at": now + settings.HOLD_LIFETIME}
    free = {"status": Order.Status.PAID, "stock": Order.Stock.SOLD, "paid_at": now}
    order = Order(
        user=actor.user,
        currency=quote.priced.currency,
        coupon_code=coupon.code if coupon else "",
        discounts=[freeze_discount(one) for one in discounts],
        is_tax_free=quote.is_tax_free,
        created_at=now,
        **columns(sums),
        **details,
        **(unpaid if sums.total else free),
    )
    freeze_parts(order, quote)
    return order


def freeze_discount(discount: Discount) -> dict[str, Any]:
    return {
        "coupon": str(discount.coupon.pk),
        "code": discount.coupon.code,
        "kind": discount.coupon.kind,
        "goods": discount.goods.as_json(),
        "shipping": discount.shipping.as_json(),
    }


def insert_numbered(order: Order, parts: Sequence[OrderPart], items: Sequence[OrderItem]) -> None:
    """Raises Busy if the number is taken: a collision of one in 24⁷ is not worth a savepoint for every order."""
    order.number = new_number()
    try:
        trees.insert_tree([order], parts, items)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") == "order_number":
            raise Busy from error
        raise


def freeze_parts(order: Order, quote: Quote) -> None:
    """Writes the order, one part for each seller and the items; caches them on the order, so nothing is read again."""
    lines = {line.variant.pk: line for line in quote.contents.lines}
    priced = quote.priced
    fees = {fee.fee.seller_id: fee for fee in priced.fees}
    sellers = {line.variant.seller_id: line.variant.product.seller for line in lines.values()}
    parts = [
        OrderPart(
            order=order,
            seller=sellers[seller],
            currency=order.currency,
            shipping_method=fees[seller].fee.name,
            delivery_min_days=fees[seller].fee.days[0],
            delivery_max_days=fees[seller].fee.days[1],
            commission_rate=sellers[seller].commission_rate,
            created_at=order.created_at,
            **columns(priced.of_seller(seller)),
        )
        for seller in priced.sellers
    ]
    by_seller = {part.seller_id: part for part in parts}
    items = [freeze_item(by_seller[one.line.seller_id], lines[one.line.key], one) for one in priced.lines]
    insert_numbered(order, parts, items)
    remember(order, "parts", parts)
    remember(order, "items", items)
    for part in parts:
        remember(part, "items", [item for item in items if item.part is part])
        remember(part, "shipments", [])


def freeze_item(part: OrderPart, line: CartLine, priced: pricing.PricedLine) -> OrderItem:
    rule = priced.taxed.rule
    return OrderItem(
        order=part.order,
        part=part,
        variant=line.variant,
        product=line.variant.product,
        title=line.variant.product.title,
        sku=line.variant.sku,
        options=line.variant.options,
        currency=part.currency,
        quantity=line.item.quantity,
        unit_price_amount=priced.line.unit_amount,
        discount_amount=priced.discount,
        tax_amount=priced.taxed.tax,
        total_amount=priced.taxed.total,
        **({"tax_rate": rule.rate, "tax_inclusive": rule.inclusive} if rule else {}),
    )


def total_of(quote: Quote) -> Money:
    return Money(quote.priced.sums.total, quote.priced.currency)
