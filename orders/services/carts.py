"""Finding, locking and changing carts.

Every change begins with `lock_cart` in the transaction of the change; the services below need that lock. A cart that
was never written to is not in the database: its row is created with the first line.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from config.shared.actor import Actor, digest
from config.shared.errors import NotFound, invalid
from config.shared.postgres import prepared, writes
from config.shared.postgres.compiled import Blank, Compiled
from orders.errors import CartEmpty, TooManyLines, VariantNotFound
from orders.models import MAX_LINES, MAX_QUANTITY, Cart, CartItem
from orders.services.contents import CartLine, Contents
from orders.services.coupons import Buyer, find_coupon, refusal_for
from orders.services.merging import merge_guest
from orders.services.reading import read_contents, read_guests
from orders.tokens import is_cart_token, new_cart_token


@dataclass
class Held:
    """A locked cart (unsaved until its first line), and what a merge changed."""

    cart: Cart
    actor: Actor
    notes: list[dict[str, Any]] = field(default_factory=list)

    def read(self, *, also: Iterable[int] = (), buyer: Buyer | None = None) -> Contents:
        return read_contents(self.cart, also=also, notes=self.notes, buyer=buyer or Buyer.of(self.actor))


def with_cart_token(actor: Actor, attempt: str = "") -> Actor:
    """Gives a guest without a token of ours one; `attempt` names the caller and key of an idempotent request."""
    if not actor.is_guest or is_cart_token(actor.cart_token):
        return actor
    return replace(actor, cart_token=new_cart_token(attempt))


def carts() -> QuerySet[Cart]:
    owned = Cart.objects.filter(Q(user=Blank("user")) | Q(token_digest=Blank("token")))
    return owned.select_related("coupon").annotate(now=Now()).order_by("pk")


CARTS = Compiled(carts)
LOCKED_CARTS = Compiled(lambda: carts().select_for_update(of=("self",), no_key=True))


def carts_of(actor: Actor, among: Compiled[Cart] = CARTS) -> list[Cart]:
    """The actor's own cart and, if a token is sent, the guest cart that it names."""
    token = digest(actor.cart_token) if actor.cart_token else None
    return among.rows(user=actor.user_id, token=token)


def blank_cart(actor: Actor) -> Cart:
    return Cart(user=actor.user, token_digest=None, version=0)


def view_cart(*, actor: Actor) -> Contents:
    """The cart for reading; a signed-in user's guest cart is merged on the way."""
    if actor.is_guest and actor.cart_token and (known := read_guests(digest(actor.cart_token))):
        return read_contents(known[0], items=known[1], buyer=Buyer.of(actor))
    carts = carts_of(actor) if actor.cart_token or not actor.is_guest else []
    if any(cart.user_id is None for cart in carts) and not actor.is_guest:
        with transaction.atomic():
            held = lock_cart(actor=actor)
            return held.read()
    return read_contents(carts[0] if carts else blank_cart(actor), buyer=Buyer.of(actor))


def lock_cart(*, actor: Actor, is_new: bool = False) -> Held:
    """The actor's cart with its row locked; needs a transaction. Guests' carts are merged into the user's.

    `is_new`: the guest's token was made for this request, so no cart can exist yet.
    """
    if actor.is_guest and (is_new or not actor.cart_token):
        return Held(blank_cart(actor), actor)
    carts = carts_of(actor, LOCKED_CARTS)
    mine = next((cart for cart in carts if actor.is_guest or cart.user_id is not None), None)
    guest = next((cart for cart in carts if cart is not mine), None)
    if guest is None:
        return Held(mine or blank_cart(actor), actor)
    mine = mine or create_locked(user_id=actor.user_id)
    return Held(mine, actor, notes=merge_guest(guest=guest, into=mine))


# One statement inserts the row, or locks it if another transaction inserted it first.
CREATE = """
INSERT INTO orders_cart (user_id, token_digest, currency, version) VALUES (%(user)s, %(token_digest)s, '', 0)
ON CONFLICT ({owner}) DO UPDATE SET version = orders_cart.version RETURNING statement_timestamp(), {columns}
"""
COLUMNS = [field.attname for field in Cart._meta.concrete_fields]
CREATE_GUESTS, CREATE_USERS = (
    CREATE.format(owner=owner, columns=", ".join(COLUMNS)) for owner in ("token_digest", "user_id")
)


def create_locked(*, user_id: int | None = None, token_digest: str | None = None) -> Cart:
    """The owner's cart, created unless another transaction was faster, and locked."""
    sql = CREATE_USERS if token_digest is None else CREATE_GUESTS
    [(now, *row)] = prepared.rows(sql, {"user": user_id, "token_digest": token_digest})
    cart = Cart.from_db(DEFAULT_DB_ALIAS, COLUMNS, row)
    cart.now = now  # type: ignore[attr-defined]
    return cart


def saved(held: Held) -> Held:
    """Gives a blank cart its row. A guest needs a token of ours for it (see `with_cart_token`)."""
    if held.cart.pk is None:
        actor = held.actor
        if actor.is_guest and not is_cart_token(actor.cart_token):
            raise ValueError("Not a cart token.")
        held.cart = (
            create_locked(token_digest=digest(actor.cart_token))
            if actor.is_guest
            else create_locked(user_id=actor.user_id)
        )
    return held


def touch(cart: Cart, contents: Contents | None = None) -> None:
    """Increments the version; a cart without lines loses its currency and coupon. Raises TooManyLines."""
    lines, saved = (contents.lines, contents.saved) if contents else ([], [])
    if max(len(lines), len(saved)) > MAX_LINES:
        raise TooManyLines
    if not lines:
        cart.currency, cart.coupon = "", None
    cart.version += 1
    cart.updated_at = timezone.now()
    writes.update_later(cart, "currency", "coupon", "version", "updated_at")


@transaction.atomic(savepoint=False)
def add_line(*, held: Held, variant_id: int, quantity: int, currency: str = "") -> Contents:
    """Adds to the variant's line, or a new one. An empty cart takes `currency` if the variant has a price in it.

    Raises VariantNotFound, CurrencyMismatch, TooManyLines.
    """
    cart = saved(held).cart
    contents = held.read(also=[variant_id])
    variant = contents.on_sale.get(variant_id)
    if variant is None:
        raise VariantNotFound
    contents.settle_currency(variant, currency)
    line = contents.line_of(variant_id) or contents.line_for(CartItem(cart=cart, variant=variant, quantity=0))
    line.item.is_saved = False
    contents.sort_in(line)
    write_line(line, line.item.quantity + quantity)
    touch(cart, contents)
    contents.priced  # noqa: B018  (raises TotalTooLarge before anything is committed)
    return contents


@transaction.atomic(savepoint=False)
def change_line(
    *, held: Held, item_id: int, quantity: int | None = None, is_saved: bool | None = None
) -> Contents:
    """Sets a line's quantity, or saves it for later, or takes it up again; the owner has then seen the present price.

    Raises NotFound, CurrencyMismatch, TooManyLines.
    """
    contents = held.read()
    line = find_line(contents, item_id)
    if is_saved is not None and is_saved != line.item.is_saved:
        move_line(held.cart, contents, line, is_saved=is_saved)
    write_line(line, line.item.quantity if quantity is None else quantity)
    touch(held.cart, contents)
    contents.priced  # noqa: B018  (raises TotalTooLarge before anything is committed)
    return contents


def move_line(cart: Cart, contents: Contents, line: CartLine, *, is_saved: bool) -> None:
    if not is_saved:
        contents.settle_currency(line.variant)
    line.item.is_saved = is_saved
    contents.sort_in(line)


@transaction.atomic(savepoint=False)
def remove_line(*, held: Held, item_id: int) -> Contents:
    """Raises NotFound."""
    contents = held.read()
    line = find_line(contents, item_id)
    line.item.delete()
    (contents.saved if line.item.is_saved else contents.lines).remove(line)
    touch(held.cart, contents)
    return contents


EMPTY = """
WITH gone AS (DELETE FROM orders_cartitem WHERE cart_id = %s AND NOT is_saved)
UPDATE orders_cart SET currency = '', coupon_id = NULL, version = version + 1, updated_at = statement_timestamp() WHERE id = %s
"""


@transaction.atomic(savepoint=False)
def empty_cart(*, held: Held) -> None:
    """Removes the coupon and all lines but those saved for later; the token stays valid."""
    cart = held.cart
    if cart.pk is not None:
        prepared.later(EMPTY, [cart.pk, cart.pk])
        cart.currency, cart.coupon, cart.version = "", None, cart.version + 1


@transaction.atomic(savepoint=False)
def apply_coupon(*, held: Held, code: str) -> Contents:
    """Raises CartEmpty, CouponNotFound, CouponNotValid, CouponExhausted, CouponNotApplicable."""
    contents = held.read()
    if not contents.lines:
        raise CartEmpty
    held.cart.coupon = find_coupon(code)
    if problem := contents.coupon_problem:
        raise refusal_for(problem)
    touch(held.cart, contents)
    return contents


@transaction.atomic(savepoint=False)
def remove_coupon(*, held: Held) -> Contents:
    contents = held.read()
    if held.cart.coupon is not None:
        held.cart.coupon = None
        touch(held.cart, contents)
    return contents


def write_line(line: CartLine, quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise invalid(
            "quantity", f"A line holds 1 to {MAX_QUANTITY}; this would be {quantity}.", "out_of_range"
        )
    line.item.quantity, line.item.price_amount = quantity, line.unit_price.amount
    if line.item.pk is None:
        writes.insert(line.item)
    else:
        line.item.save()


def find_line(contents: Contents, item_id: int) -> CartLine:
    for line in (*contents.lines, *contents.saved):
        if line.item.pk == item_id:
            return line
    raise NotFound


def prune_carts() -> int:
    """Deletes guests' carts that nobody has written to for `GUEST_CART_LIFETIME`."""
    old = Cart.objects.filter(user=None, updated_at__lt=timezone.now() - settings.GUEST_CART_LIFETIME)
    return old.delete()[1].get("orders.Cart", 0)
