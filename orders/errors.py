"""What cart, checkout and fulfilment refuse, each with its stable code."""

from datetime import datetime
from typing import Any

from config.shared.errors import Conflict, NotFound
from config.shared.money import Money


class CartEmpty(Conflict):
    code, detail = "cart_empty", "The cart is empty."


class CurrencyMismatch(Conflict):
    code = "currency_mismatch"

    def __init__(self, *, cart: str, variant: str) -> None:
        super().__init__(f"The cart is in {cart}, this is sold in {variant}.", cart=cart, variant=variant)


class TooManyLines(Conflict):
    code, detail = "too_many_lines", "A cart holds at most 100 lines."


class TotalTooLarge(Conflict):
    code, detail = "total_too_large", "The total is larger than can be charged."


class VariantNotFound(NotFound):
    detail = "There is no such variant on sale."


class CouponNotFound(NotFound):
    code, detail = "coupon_not_found", "There is no coupon with this code."


class CouponExhausted(Conflict):
    code, detail = "coupon_exhausted", "This coupon has been used as often as it may be."


class CouponNotValid(Conflict):
    """Before or after its validity period."""

    code, detail = "coupon_not_valid", "This coupon is not valid at this time."


class CouponNotApplicable(Conflict):
    """Valid, but not for this cart: its minimum, currency or seller does not fit."""

    code, detail = "coupon_not_applicable", "This coupon does not apply to this cart."


class QuoteNeeded(Conflict):
    code = "quote_needed"
    detail = "Ask for a quote with this address first: another service works out its shipping or tax."


class NoShipping(Conflict):
    """Some sellers do not ship to the address: `sellers` names them."""

    code = "no_shipping"
    detail = "Not every seller ships to this address: see sellers."


class PriceChanged(Conflict):
    """The total is not what the buyer expects; `difference` is total - expected, in minor units."""

    code, detail = "price_changed", "The total is not the expected one: see total and difference."

    def __init__(self, *, expected: Money, total: Money, changes: list[dict[str, Any]]) -> None:
        same = expected.currency == total.currency
        difference = Money(total.amount - expected.amount, total.currency).as_json() if same else None
        members = {"expected_total": expected.as_json(), "total": total.as_json()}
        super().__init__(**members, difference=difference, changes=changes)


class CannotComplete(Conflict):
    """A payment arrived for an order that can no longer be fulfilled: the money has to go back."""

    code, detail = "order_cannot_complete", "This order can no longer be completed."


class OrderUnpaid(Conflict):
    """While the full total is still to be paid, no single part of several is cancelled and no return received."""

    code, detail = "order_unpaid", "The order awaits its payment: this is possible once it is paid."


class NotInvoiced(Conflict):
    code, detail = "not_invoiced", "There is no invoice before the order is paid."


class LastItems(Conflict):
    code, detail = "last_items", "Nothing would be left of the part: cancel it instead."


class NotReturnable(Conflict):
    """`lines` names the items of which more units were requested than can be returned."""

    code, detail = "not_returnable", "Fewer than that can still be returned: see lines."


class NotRefundable(Conflict):
    """`lines` names the items of which more units were requested than can still be refunded."""

    code, detail = "not_refundable", "Fewer than that can still be refunded: see lines."


class ReturnWindowClosed(Conflict):
    code = "return_window_closed"

    def __init__(self, *, closed_at: datetime) -> None:
        super().__init__("The time for returning this is over.", closed_at=closed_at.isoformat())
