"""A guest's cart is merged into the user's when they sign in."""

from typing import Any

from orders.models import MAX_LINES, MAX_QUANTITY, Cart, CartItem
from orders.services.contents import CartLine, Contents
from orders.services.reading import read_contents


def merge_guest(*, guest: Cart, into: Cart) -> list[dict[str, Any]]:
    """Moves the guest's lines into a user's cart and deletes the guest's; needs both rows locked.

    Quantities add up to at most what is available; the returned notes name what could not be taken over. Carts in two
    currencies stay separate: nothing is moved until one of them is empty.
    """
    theirs = read_contents(guest)
    mine = read_contents(into, also=[line.variant.pk for line in theirs.lines])
    if theirs.lines and mine.lines and guest.currency != into.currency:
        return [{"kind": "not_merged", "reason": "currency_mismatch", "currency": guest.currency}]
    notes = [note for line in theirs.lines if (note := take_over(line, mine))]
    for line in theirs.saved:
        keep_saved(line, mine)
    into.coupon = into.coupon or guest.coupon
    into.version += 1
    into.currency = into.currency or (guest.currency if mine.lines else "")
    into.save(update_fields=["coupon", "version", "currency"])
    guest.delete()
    return notes


def take_over(line: CartLine, mine: Contents) -> dict[str, Any] | None:
    """Adds one of the guest's lines; the note says which units could not be had."""
    same = mine.line_of(line.variant.pk)
    before = same.item.quantity if same and not same.item.is_saved else 0
    wanted = before + line.item.quantity
    quantity = max(before, min(wanted, line.available, MAX_QUANTITY))
    if not before and len(mine.lines) >= MAX_LINES:
        quantity = 0
    if quantity > before:
        item = same.item if same else CartItem(cart=mine.cart, variant=line.variant)
        item.quantity, item.price_amount, item.is_saved = quantity, line.item.price_amount, False
        item.save()
        mine.sort_in(same or CartLine(item, line.variant, line.available, line.is_on_sale, line.currency))
    if quantity == wanted:
        return None
    return {
        "kind": "quantity_limited",
        "variant": str(line.variant.pk),
        "wanted": wanted,
        "quantity": quantity,
    }


def keep_saved(line: CartLine, mine: Contents) -> None:
    """Keeps what the guest saved for later, unless the user has the variant already."""
    if mine.line_of(line.variant.pk) is None and len(mine.saved) < MAX_LINES:
        line.item.cart = mine.cart
        line.item.save(update_fields=["cart"])
        mine.sort_in(line)
