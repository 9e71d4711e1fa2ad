"""Adds the lines of an earlier order to the cart again."""

from typing import Any

from django.db import transaction

from orders.models import MAX_LINES, MAX_QUANTITY, CartItem, Order, OrderItem
from orders.services.carts import Held, saved, touch, write_line
from orders.services.contents import Contents


@transaction.atomic(savepoint=False)
def reorder(*, held: Held, order: Order) -> Contents:
    """Adds the order's lines at today's prices, as far as available; `notes` name each that is missing or short.

    Needs the cart's lock.
    """
    items = list(order.items.order_by("pk"))  # type: ignore[attr-defined]
    saved(held)
    contents = held.read(also=[item.variant_id for item in items if item.variant_id])
    for item in items:
        wanted = item.kept
        if wanted and (why := put_again(contents, item, wanted)):
            contents.notes.append({**why, "title": item.title, "sku": item.sku, "wanted": wanted})
    touch(held.cart, contents)
    contents.priced  # noqa: B018  (raises TotalTooLarge before anything is committed)
    return contents


def put_again(contents: Contents, item: OrderItem, wanted: int) -> dict[str, Any] | None:
    """Adds the item; returns the note if it was not added, or not in full."""
    variant, cart = contents.on_sale.get(item.variant_id or 0), contents.cart
    name = {"kind": "not_added", "variant": str(item.variant_id) if item.variant_id else None}
    if variant is None:
        return name | {"reason": "unavailable"}
    if contents.lines and not contents.takes(variant):
        return name | {"reason": "currency_mismatch"}
    line = contents.line_of(variant.pk)
    is_there = line is not None and not line.item.is_saved
    if not is_there and len(contents.lines) >= MAX_LINES:
        return name | {"reason": "too_many_lines"}
    if not is_there:
        contents.settle_currency(variant)
    line = line or contents.line_for(CartItem(cart=cart, variant=variant, quantity=0))
    before = line.item.quantity if is_there else 0
    quantity = min(before + wanted, max(before, line.available), MAX_QUANTITY)
    if quantity == before:
        return name | {"reason": "out_of_stock"}
    line.item.is_saved = False
    contents.sort_in(line)
    write_line(line, quantity)
    added = quantity - before
    return None if added == wanted else name | {"kind": "quantity_limited", "quantity": quantity}
