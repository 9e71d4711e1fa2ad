"""A quote: the cart's contents with an address, priced in full; placement uses the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.shared.errors import invalid
from orders.errors import NoShipping
from orders.models import ShippingMethod, TaxRate
from orders.services import pricing
from orders.services.contents import Contents, Discount

FREE = "free"


@dataclass(frozen=True, slots=True)
class Place:
    """Where it goes, as far as shipping and tax depend on it."""

    country: str
    region: str = ""
    postal_code: str = ""

    @classmethod
    def of(cls, address: Mapping[str, Any]) -> "Place":
        return cls(address["country"], address.get("region", ""), address.get("postal_code", ""))


@dataclass(frozen=True, slots=True)
class Quote:
    contents: Contents
    priced: pricing.Priced

    @property
    def discounts(self) -> list[Discount]:
        return self.contents.discounts_in(self.priced)


def shipping_options(contents: Contents, place: Place) -> dict[int, list[pricing.Fee]]:
    """Each seller's ways of shipping there, the cheapest first; an empty list is a seller who does not."""
    goods = pricing.goods_of(contents.priced)
    methods = list(ShippingMethod.objects.offered_by(list(goods))) if goods else []
    return {
        seller: sorted(options_of(seller, methods, place, contents.currency), key=lambda fee: fee.due(worth))
        for seller, worth in goods.items()
    }


def options_of(
    seller_id: int, methods: Sequence[ShippingMethod], place: Place, currency: str
) -> list[pricing.Fee]:
    """The seller's own methods; without any the platform's; without those free shipping rather than a dead end.

    A seller who has methods, but none for this place in this currency, does not ship there.
    """
    own = [method for method in methods if method.seller_id == seller_id]
    offered = own or [
        method for method in methods if method.seller_id is None and method.currency == currency
    ]
    if not offered:
        return [pricing.Fee(seller_id, FREE, "Free shipping", 0)]
    return [
        pricing.Fee(seller_id, str(method.pk), method.name, method.price_amount, method.free_from_amount)
        for method in offered
        if method.currency == currency and method.reaches(place.country, place.postal_code)
    ]


def make_quote(contents: Contents, *, address: Mapping[str, Any], chosen: Mapping[str, str]) -> Quote:
    """Raises NoShipping, 400 for an option that is not offered, TotalTooLarge."""
    place = Place.of(address)
    options = shipping_options(contents, place)
    if nowhere := [str(seller) for seller, fees in options.items() if not fees]:
        raise NoShipping(sellers=nowhere)
    if strangers := sorted(set(chosen) - {str(seller) for seller in options}):
        raise invalid(
            f"shipping/{strangers[0]}", "No goods of this seller are in the cart.", "unknown_seller"
        )
    fees = [choose(fees, chosen.get(str(seller))) for seller, fees in options.items()]
    priced = pricing.price(
        currency=contents.currency,
        lines=contents.priced_lines,
        deductions=contents.deductions,
        fees=fees,
        taxes=tax_rules(place),
    )
    return Quote(contents, priced)


def choose(fees: Sequence[pricing.Fee], option: str | None) -> pricing.Fee:
    """The option asked for, else the cheapest (the first)."""
    if option is None:
        return fees[0]
    for fee in fees:
        if fee.option == option:
            return fee
    pointer = f"shipping/{fees[0].seller_id}"
    raise invalid(pointer, "This seller does not offer this option for the address.", "unknown_option")


def tax_rules(place: Place) -> list[pricing.TaxRule]:
    rates = TaxRate.objects.of_place(place.country, place.region)
    return [
        pricing.TaxRule(rate.country, rate.region, rate.tax_class, rate.rate, rate.inclusive)
        for rate in rates
    ]
