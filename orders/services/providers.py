"""Where tax rules and shipping options come from: the shop's own tables, or another service.

`TAX_PROVIDER` and `SHIPPING_PROVIDER` name a class with the method of `TableTaxes` or `TableShipping` below. A class
that asks another service sets `calls_out = True`: only quotes and shipping options then call it, outside every
transaction. It has its own time-out and raises `Unavailable("name")` when it gets no answer. Its answer is cached for
an hour under the exact request; placing an order reads only that cache, so no transaction waits for the network.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from orders.errors import QuoteNeeded
from orders.models import ProviderAnswer, ShippingMethod, TaxRate
from orders.services import rulebook
from orders.services.pricing import Fee, TaxRule

FREE = "free"
LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """The destination, as far as shipping and tax depend on it."""

    country: str
    region: str = ""
    postal_code: str = ""

    @classmethod
    def of(cls, address: Mapping[str, Any]) -> "Place":
        return cls(address["country"], address.get("region", ""), address.get("postal_code", ""))


@dataclass(frozen=True, slots=True)
class TaxRequest:
    """Asks for the rules for goods of these classes there; "shipping" is the class of fees. `mark`: see `rulebook`."""

    place: Place
    classes: tuple[str, ...]
    mark: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One seller's goods: worth after discounts in minor units, weight in grams."""

    seller_id: int
    worth: int
    weight: int


@dataclass(frozen=True, slots=True)
class ShippingRequest:
    place: Place
    currency: str
    parcels: tuple[Parcel, ...]
    mark: Any = field(default=None, repr=False)

    @property
    def sellers(self) -> tuple[int, ...]:
        return tuple(sorted(parcel.seller_id for parcel in self.parcels))


class TaxProvider(Protocol):
    calls_out: bool

    def rules(self, request: TaxRequest) -> Sequence[TaxRule]: ...


class ShippingProvider(Protocol):
    calls_out: bool

    def options(self, request: ShippingRequest) -> Sequence[Fee]:
        """All sellers' shipping options; a seller without one does not ship there."""


class TableTaxes:
    """The rates of `/admin/tax-rates`."""

    calls_out = False

    def rules(self, request: TaxRequest) -> Sequence[TaxRule]:
        place = request.place.country, request.place.region
        rates: list[TaxRule] = rulebook.page(request.mark, ("tax", *place), lambda: rules_of(*place))
        return rates


def rules_of(country: str, region: str) -> list[TaxRule]:
    rates = TaxRate.objects.of_place(country, region)
    return [TaxRule(rate.country, rate.region, rate.tax_class, rate.rate, rate.inclusive) for rate in rates]


class TableShipping:
    """The sellers' own methods; without any, the platform's; without those, free shipping rather than a dead end.

    A seller who has methods, but none for this place in this currency, does not ship there.
    """

    calls_out = False

    def options(self, request: ShippingRequest) -> Sequence[Fee]:
        sellers = request.sellers
        methods = rulebook.page(
            request.mark, ("shipping", sellers), lambda: list(ShippingMethod.objects.offered_by(sellers))
        )
        return [fee for parcel in request.parcels for fee in self.of_parcel(parcel, methods, request)]

    def of_parcel(
        self, parcel: Parcel, methods: Sequence[ShippingMethod], request: ShippingRequest
    ) -> list[Fee]:
        own = [method for method in methods if method.seller_id == parcel.seller_id]
        offered = own or [
            method for method in methods if method.seller_id is None and method.currency == request.currency
        ]
        if not offered:
            return [Fee(parcel.seller_id, FREE, "Free shipping", 0)]
        return [
            fee_of(method, parcel)
            for method in offered
            if method.currency == request.currency and method.takes(request.place, parcel.weight)
        ]


def fee_of(method: ShippingMethod, parcel: Parcel) -> Fee:
    """Prices that depend on the weight are resolved now, those that depend on the worth along with the discounts."""
    steps = tuple((step["up_to"], step["price"]) for step in method.steps)
    amount = method.price_amount
    if method.kind == ShippingMethod.Kind.BY_WEIGHT:
        amount = next((price for up_to, price in steps if parcel.weight <= up_to), amount)
        steps = ()
    return Fee(
        parcel.seller_id,
        str(method.pk),
        method.name,
        amount,
        method.free_from_amount,
        steps,
        method.kind,
        (method.min_days, method.max_days),
    )


# --- Asking ---------------------------------------------------------------------------------------------------


def ask_taxes(request: TaxRequest, *, may_call: bool) -> Sequence[TaxRule]:
    """Raises QuoteNeeded if it would have to ask another service and `may_call` is false."""
    provider = tax_provider()
    if not provider.calls_out:
        return provider.rules(request)
    rows = remembered("tax", request, lambda: provider.rules(request), may_call=may_call)
    return [TaxRule(**row | {"rate": Decimal(row["rate"])}) for row in rows]


def ask_shipping(request: ShippingRequest, *, may_call: bool) -> Sequence[Fee]:
    provider = shipping_provider()
    if not provider.calls_out:
        return provider.options(request)
    rows = remembered("shipping", request, lambda: provider.options(request), may_call=may_call)
    return [
        Fee(**row | {"steps": tuple(map(tuple, row["steps"])), "days": tuple(row["days"])}) for row in rows
    ]


def remembered(kind: str, request: Any, call: Callable[[], Sequence[Any]], *, may_call: bool) -> list[Any]:
    key = hashlib.sha256(f"{kind} {request!r}".encode()).hexdigest()
    if known := ProviderAnswer.objects.filter(key=key, expires_at__gt=timezone.now()).first():
        return known.answer
    if not may_call:
        raise QuoteNeeded
    answer = [{name: plain(value) for name, value in asdict(row).items()} for row in call()]
    values = {"answer": answer, "expires_at": timezone.now() + LIFETIME}
    ProviderAnswer.objects.update_or_create(key=key, defaults=values)
    return answer


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


@cache
def made(path: str) -> Any:
    return import_string(path)()


def tax_provider() -> TaxProvider:
    return made(settings.TAX_PROVIDER)


def shipping_provider() -> ShippingProvider:
    return made(settings.SHIPPING_PROVIDER)


def prune_answers() -> int:
    return ProviderAnswer.objects.filter(expires_at__lt=timezone.now()).delete()[0]
