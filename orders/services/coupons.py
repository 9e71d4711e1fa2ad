"""Coupons and automatic promotions: whether they may be used, what they take off, and counting the uses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from catalog.models import Category, Variant
from config.shared.actor import Actor, digest
from config.shared.errors import Conflict
from orders.errors import CouponExhausted, CouponNotApplicable, CouponNotFound, CouponNotValid
from orders.models import Coupon, CouponUse, Order
from orders.services.deductions import Deduction, Line, inapplicable

DETAILS = {
    "currency": "This coupon is for another currency.",
    "seller": "This coupon is for another seller's goods.",
    "products": "None of the goods that this coupon is for are in the cart.",
    "minimum": "The goods that this coupon is for are worth less than its minimum.",
    "quantity": "Too few of the goods that this coupon is for are in the cart.",
    "first_order": "This coupon is for a customer's first order.",
}
LOST = [Order.Status.CANCELLED, Order.Status.EXPIRED]


@dataclass(frozen=True, slots=True)
class Buyer:
    """The buyer, as far as known: a guest's address only when the order is placed."""

    user_id: int | None = None
    email: str = ""

    @classmethod
    def of(cls, actor: Actor) -> "Buyer":
        return cls(actor.user_id, actor.user.email if actor.user is not None else "")

    @property
    def is_known(self) -> bool:
        return self.user_id is not None or bool(self.email)

    def own(self, orders: QuerySet[Any]) -> QuerySet[Any]:
        """Orders of the account and of its address."""
        by_account = Q(user=self.user_id) if self.user_id is not None else Q(pk__in=[])
        return orders.filter(by_account | Q(email=self.email) if self.email else by_account)

    def has_ordered(self, *, but: int | None = None) -> bool:
        orders = Order.objects.exclude(status__in=LOST)
        return self.own(orders if but is None else orders.exclude(pk=but)).exists()

    def uses_of(self, coupon: Coupon) -> int:
        live = CouponUse.objects.filter(coupon=coupon, given_back_at=None)
        of_address = live.filter(customer=digest(self.email))
        if self.user_id is None:
            return of_address.count()
        return of_address.exclude(user=self.user_id).count() + live.filter(user=self.user_id).count()


def deduction_of(coupon: Coupon, variants: Sequence[Variant]) -> Deduction:
    """The coupon's rule, limited to those of the variants that it covers."""
    return Deduction(
        code=coupon.code,
        kind=coupon.kind,
        percent=coupon.percent,
        amount=coupon.amount,
        minimum_amount=coupon.minimum_amount,
        currency=coupon.currency,
        seller_id=coupon.seller_id,
        keys=keys_of(coupon, variants),
        buy=coupon.buy_quantity or 0,
        get=coupon.get_quantity or 0,
        is_stackable=coupon.is_stackable,
    )


def keys_of(coupon: Coupon, variants: Sequence[Variant]) -> frozenset[int] | None:
    """Ids of the covered variants; None for a coupon that covers everything."""
    if not coupon.product_ids and not coupon.category_ids:
        return None
    wanted, categories = set(coupon.product_ids), categories_under(coupon.category_ids)
    return frozenset(
        variant.pk
        for variant in variants
        if variant.product_id in wanted or variant.product.category_id in categories
    )


def categories_under(ids: Iterable[int]) -> set[int]:
    """These categories and all below them."""
    roots = list(Category.objects.filter(pk__in=ids).values_list("path", flat=True))
    below = Q(pk__in=[])
    for path in roots:
        below |= Q(path__startswith=path)
    return set(Category.objects.filter(below).values_list("pk", flat=True)) if roots else set()


def find_coupon(code: str) -> Coupon:
    """The coupon of a code, case-insensitively. Raises CouponNotFound."""
    coupon = Coupon.objects.filter(code=code.upper(), archived_at=None, is_automatic=False).first()
    if coupon is None:
        raise CouponNotFound
    return coupon


def reason_against(
    coupon: Coupon,
    deduction: Deduction,
    *,
    currency: str,
    lines: Sequence[Line],
    now: datetime,
    buyer: Buyer,
) -> str:
    """Why it has no effect now: "time", "exhausted", "first_order", or `inapplicable`'s; "" if it has."""
    if not coupon.is_current(now):
        return "time"
    if coupon.is_exhausted or is_used_up(coupon, buyer):
        return "exhausted"
    if problem := inapplicable(deduction, currency=currency, lines=lines):
        return problem
    return "first_order" if coupon.is_first_order and buyer.is_known and buyer.has_ordered() else ""


def is_used_up(coupon: Coupon, buyer: Buyer) -> bool:
    """Whether this customer, if known, has used it as often as one customer may."""
    limit = coupon.usage_limit_per_customer
    return limit is not None and buyer.is_known and buyer.uses_of(coupon) >= limit


def refusal_for(reason: str) -> Conflict:
    """The error for a reason."""
    if reason == "exhausted":
        return CouponExhausted()
    return CouponNotValid() if reason == "time" else CouponNotApplicable(DETAILS[reason], reason=reason)


@transaction.atomic(savepoint=False)
def use_coupons(*, coupons: Iterable[Coupon], order: Order) -> None:
    """Counts one use of each by the order's customer, in the order of their ids. Raises as `use_coupon`."""
    for coupon in sorted(coupons, key=lambda coupon: coupon.pk):
        use_coupon(coupon=coupon, order=order)


@transaction.atomic(savepoint=False)
def use_coupon(*, coupon: Coupon, order: Order) -> CouponUse:
    """Raises CouponExhausted, CouponNotValid, CouponNotApplicable.

    The conditional update locks the coupon's row until the commit, so concurrent uses, also those of one customer, are
    counted one after another.
    """
    current = Coupon.objects.current().filter(pk=coupon.pk)
    if not count_use(current):
        raise refusal_for("exhausted" if current.exists() else "time")
    check_customer(coupon, order)
    return CouponUse.objects.create(
        coupon=coupon, order=order, customer=digest(order.email), user_id=order.user_id
    )


def count_use(coupon: QuerySet[Coupon]) -> bool:
    """Counts one more use if the limit allows it; the row is then locked."""
    left = Q(usage_limit=None) | Q(used_count__lt=F("usage_limit"))
    return bool(coupon.filter(left).update(used_count=F("used_count") + 1))


@transaction.atomic(savepoint=False)
def use_coupons_again(*, order: Order) -> None:
    """Takes again the uses that the order gave back when it expired; the discount was promised, so validity is ignored.

    Needs the order's lock. Raises CouponExhausted if others have taken the uses since.
    """
    given_back = CouponUse.objects.filter(order=order).exclude(given_back_at=None)
    for use in given_back.select_related("coupon").order_by("coupon"):
        if not count_use(Coupon.objects.filter(pk=use.coupon_id)):
            raise CouponExhausted
        check_customer(use.coupon, order)
        use.given_back_at = None
        use.save(update_fields=["given_back_at"])


def check_customer(coupon: Coupon, order: Order) -> None:
    """Raises CouponExhausted if this customer has no use left, CouponNotApplicable if it is for first orders only.

    Needs the coupon's lock.
    """
    buyer = Buyer(order.user_id, order.email)
    if is_used_up(coupon, buyer):
        raise CouponExhausted("You have used this coupon as often as one customer may.")
    if coupon.is_first_order and buyer.has_ordered(but=order.pk):
        raise refusal_for("first_order")


@transaction.atomic(savepoint=False)
def give_coupons_back(*, order: Order) -> None:
    """Gives the order's uses back, once. Needs the order's lock; locks the coupons in the order of their ids."""
    if not order.coupon_code and not order.discounts:
        return
    live = CouponUse.objects.filter(order=order, given_back_at=None)
    used = Coupon.objects.filter(pk__in=list(live.order_by("coupon").values_list("coupon", flat=True)))
    ids = list(used.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    if ids:
        live.update(given_back_at=Now())
        Coupon.objects.filter(pk__in=ids, used_count__gt=0).update(used_count=F("used_count") - 1)


@transaction.atomic
def delete_coupon(*, coupon: Coupon) -> None:
    """Archives the coupon; carts that hold it report that it no longer applies. If never used, its code is free again.

    The lock keeps `use_coupon` from counting a first use meanwhile.
    """
    rows = Coupon.objects.filter(pk=coupon.pk)
    list(rows.select_for_update(no_key=True).values_list("pk"))
    rows.update(archived_at=Now(), keeps_code=CouponUse.objects.filter(coupon=coupon).exists())
