"""A quote: the cart's contents with an address, priced in full; placement uses the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.shared.errors import invalid
from orders.errors import NoShipping
from orders.models import TaxExemption
from orders.services import pricing
from orders.services.contents import Contents, Discount
from orders.services.providers import (
    Parcel,
    Place,
    ShippingRequest,
    TaxRequest,
    ask_shipping,
    ask_taxes,
)


@dataclass(frozen=True, slots=True)
class Quote:
    contents: Contents
    priced: pricing.Priced
    is_tax_free: bool = False

    @property
    def discounts(self) -> list[Discount]:
        return self.contents.discounts_in(self.priced)


def shipping_options(
    contents: Contents, place: Place, *, may_call: bool = True
) -> dict[int, list[pricing.Fee]]:
    """Each seller's shipping options, cheapest first; an empty list means the seller does not ship there.

    Not in a transaction unless `may_call` is false.
    """
    goods = pricing.goods_of(contents.priced)
    if not goods:
        return {}
    weights = contents.weights
    parcels = tuple(Parcel(seller, worth, weights[seller]) for seller, worth in goods.items())
    fees = ask_shipping(ShippingRequest(place, contents.currency, parcels, contents.mark), may_call=may_call)
    return {
        seller: sorted((fee for fee in fees if fee.seller_id == seller), key=lambda fee: fee.due(worth))
        for seller, worth in goods.items()
    }


def make_quote(
    contents: Contents, *, address: Mapping[str, Any], chosen: Mapping[str, str], may_call: bool = True
) -> Quote:
    """Raises NoShipping, 400 for an option that is not offered, TotalTooLarge, QuoteNeeded.

    Not in a transaction unless `may_call` is false: see `orders.services.providers`.
    """
    place = Place.of(address)
    options = shipping_options(contents, place, may_call=may_call)
    if nowhere := [str(seller) for seller, fees in options.items() if not fees]:
        raise NoShipping(sellers=nowhere)
    if strangers := sorted(set(chosen) - {str(seller) for seller in options}):
        raise invalid(
            f"shipping/{strangers[0]}", "No goods of this seller are in the cart.", "unknown_seller"
        )
    taxes = ask_taxes(TaxRequest(place, contents.tax_classes, contents.mark), may_call=may_call)
    is_tax_free = bool(taxes) and TaxExemption.objects.frees(contents.buyer.user_id, place.country)
    priced = pricing.price(
        currency=contents.currency,
        lines=contents.priced_lines,
        deductions=contents.deductions,
        fees=[choose(fees, chosen.get(str(seller))) for seller, fees in options.items()],
        taxes=taxes,
        is_tax_free=is_tax_free,
    )
    return Quote(contents, priced, is_tax_free)


def choose(fees: Sequence[pricing.Fee], option: str | None) -> pricing.Fee:
    """The option asked for, else the cheapest (the first)."""
    if option is None:
        return fees[0]
    for fee in fees:
        if fee.option == option:
            return fee
    pointer = f"shipping/{fees[0].seller_id}"
    raise invalid(pointer, "This seller does not offer this option for the address.", "unknown_option")
