"""Coupons: what they take off, whether they may be used, and counting the uses."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from config.shared.actor import digest
from config.shared.errors import Conflict
from orders.errors import CouponExhausted, CouponNotApplicable, CouponNotFound, CouponNotValid
from orders.models import Coupon, CouponUse, Order
from orders.services import pricing

DETAILS = {
    "currency": "This coupon is for another currency.",
    "seller": "This coupon is for another seller's goods.",
    "minimum": "The goods that this coupon is for are worth less than its minimum.",
}


def deduction_of(coupon: Coupon) -> pricing.Deduction:
    return pricing.Deduction(
        code=coupon.code,
        kind=coupon.kind,
        percent=coupon.percent,
        amount=coupon.amount,
        minimum_amount=coupon.minimum_amount,
        currency=coupon.currency,
        seller_id=coupon.seller_id,
    )


def find_coupon(code: str) -> Coupon:
    """By its code, whatever the case. Raises CouponNotFound."""
    coupon = Coupon.objects.filter(code=code.upper(), archived_at=None).first()
    if coupon is None:
        raise CouponNotFound
    return coupon


def reason_against(coupon: Coupon, *, currency: str, lines: Sequence[pricing.Line], now: datetime) -> str:
    """Why a coupon does nothing for these lines: "time", "exhausted", "currency", "seller", "minimum"; else ""."""
    if not coupon.is_current(now):
        return "time"
    if coupon.is_exhausted:
        return "exhausted"
    return pricing.inapplicable(deduction_of(coupon), currency=currency, lines=lines)


def refusal_for(reason: str) -> Conflict:
    """The problem that a reason is told by."""
    if reason == "exhausted":
        return CouponExhausted()
    return CouponNotValid() if reason == "time" else CouponNotApplicable(DETAILS[reason], reason=reason)


@transaction.atomic(savepoint=False)
def use_coupon(*, coupon: Coupon, order: Order) -> CouponUse:
    """Counts one use by the order's customer. Raises CouponExhausted, CouponNotValid.

    The conditional update holds the coupon's row until the commit, so that those who come at the same time, and their
    uses by customer, are counted one after another.
    """
    in_time = (Q(starts_at=None) | Q(starts_at__lte=Now())) & (Q(ends_at=None) | Q(ends_at__gt=Now()))
    current = Coupon.objects.filter(in_time, pk=coupon.pk, archived_at=None)
    if not count_use(current):
        raise refusal_for("exhausted" if current.exists() else "time")
    check_customer(coupon, order)
    return CouponUse.objects.create(
        coupon=coupon, order=order, customer=digest(order.email), user_id=order.user_id
    )


def count_use(coupon: QuerySet[Coupon]) -> bool:
    """One use more, if the limit leaves one; the row is locked then."""
    left = Q(usage_limit=None) | Q(used_count__lt=F("usage_limit"))
    return bool(coupon.filter(left).update(used_count=F("used_count") + 1))


@transaction.atomic(savepoint=False)
def use_coupon_again(*, order: Order) -> None:
    """Takes back the use that was given away when the order expired; its discount was promised, so time is no matter.

    Needs the order's lock. Raises CouponExhausted when others have had the uses since.
    """
    use = CouponUse.objects.filter(order=order).exclude(given_back_at=None).select_related("coupon").first()
    if use is None:
        return
    if not count_use(Coupon.objects.filter(pk=use.coupon_id)):
        raise CouponExhausted
    check_customer(use.coupon, order)
    use.given_back_at = None
    use.save(update_fields=["given_back_at"])


def check_customer(coupon: Coupon, order: Order) -> None:
    """Raises CouponExhausted when this customer has no use left. Needs the coupon's lock."""
    if coupon.usage_limit_per_customer is None:
        return
    live = CouponUse.objects.filter(coupon=coupon, given_back_at=None)
    of_address = live.filter(customer=digest(order.email))
    if order.user_id is None:
        used = of_address.count()
    else:
        used = of_address.exclude(user=order.user_id).count() + live.filter(user=order.user_id).count()
    if used >= coupon.usage_limit_per_customer:
        raise CouponExhausted("You have used this coupon as often as one customer may.")


@transaction.atomic(savepoint=False)
def give_coupon_back(*, order: Order) -> None:
    """Undoes the order's use, once. Needs the order's lock."""
    live = CouponUse.objects.filter(order=order, given_back_at=None)
    if order.coupon_code and live.update(given_back_at=Now()):
        Coupon.objects.filter(uses__order=order, used_count__gt=0).update(used_count=F("used_count") - 1)


@transaction.atomic
def delete_coupon(*, coupon: Coupon) -> None:
    """Archives a coupon that was ever used. The lock keeps `use_coupon` from making the first use meanwhile."""
    rows = Coupon.objects.filter(pk=coupon.pk)
    list(rows.select_for_update().values_list("pk"))
    if CouponUse.objects.filter(coupon=coupon).exists():
        rows.update(archived_at=Now())
    else:
        rows.delete()
