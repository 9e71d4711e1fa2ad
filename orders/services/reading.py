"""Reads a cart's contents: one statement for the lines, and others for rules not cached yet (see `rulebook`)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from catalog.models import Variant
from config.shared.postgres.compiled import Blank, Compiled
from orders.models import Cart, CartItem, Coupon, RuleBook
from orders.services import rulebook
from orders.services.contents import Contents, load_prices
from orders.services.coupons import Buyer


def read_contents(
    cart: Cart,
    *,
    also: Iterable[int] = (),
    notes: Iterable[dict[str, Any]] = (),
    buyer: Buyer | None = None,
    items: list[CartItem] | None = None,
) -> Contents:
    """Reads lines with their variants in one query, unless `items` were read with the cart; `also` are ids of further
    variants to read.

    A cart of version 0 was never written to, so it has no lines.
    """
    contents = Contents(cart, buyer or Buyer(), notes=list(notes))
    if items is None:
        items = read_items(cart) if cart.version else []
    contents.on_sale = {item.variant_id: item.variant for item in items if item.variant.is_for_sale}
    wanted = set(also) - {item.variant_id for item in items}
    if wanted:
        contents.on_sale |= {row.pk: row for row in read_variants(wanted)}
    for known in (*items, *contents.on_sale.values()):
        contents.mark = contents.mark or getattr(known, "mark", None)
    load_prices(contents.on_sale.values(), cart.currency)
    sellers = tuple(sorted({variant.seller_id for variant in contents.on_sale.values()}))
    contents.automatic = promotions_of(sellers, contents.mark)
    for item in items:
        contents.sort_in(contents.line_for(item))
    return contents


CART: Any = Blank("cart")
VARIANT: Any = Blank("variant")
LINES = Compiled(lambda: CartItem.objects.with_variants().filter(cart=CART).order_by("pk"))
OTHER = Compiled(lambda: variants_for_sale().filter(pk=VARIANT))


TOKEN: Any = Blank("token")
GUESTS = Compiled(
    lambda: (
        CartItem.objects.with_variants()
        .select_related("cart__coupon")
        .filter(cart__token_digest=TOKEN)
        .order_by("pk")
    )
)


def read_items(cart: Cart) -> list[CartItem]:
    return linked(cart, LINES.rows(cart=cart.pk))


def read_guests(token: str) -> tuple[Cart, list[CartItem]] | None:
    """A guest's cart and its lines in one statement; None for a cart that has no lines or does not exist."""
    items: list[Any] = GUESTS.rows(token=token)
    if not items:
        return None
    cart = items[0].cart
    cart.now = items[0].now
    return cart, linked(cart, items)


def linked(cart: Cart, items: list[Any]) -> list[CartItem]:
    for item in items:
        item.cart = cart
        item.variant.now, item.variant.available_quantity = item.now, item.available
    return items


def variants_for_sale() -> QuerySet[Variant]:
    rows = Variant.objects.for_sale().with_available().defer("product__description")
    return rows.annotate(mark=RuleBook.mark_now())


def read_variants(ids: set[int]) -> Iterable[Variant]:
    """Usually one: the variant being added."""
    if len(ids) == 1:
        return OTHER.rows(variant=next(iter(ids)))
    return variants_for_sale().filter(pk__in=ids)


def promotions_of(sellers: tuple[int, ...], mark: Any) -> list[Coupon]:
    """Promotions without a code. Uses do not change the mark, so promotions with a limit are read anew each time."""
    if not sellers:
        return []
    found: list[Coupon] = rulebook.page(
        mark, ("promotions", sellers), lambda: list(Coupon.objects.automatic_for(sellers))
    )
    is_limited = any(coupon.usage_limit is not None for coupon in found)
    return list(Coupon.objects.automatic_for(sellers)) if is_limited else found
