"""Shops, their rules, and their goods."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Seller, User
from accounts.services import apply_as_seller, approve_seller
from catalog.models import Brand, Category, Location, Product, StockLevel, Variant
from catalog.services import adjust_stock
from catalog.services.creation import create_product
from catalog.services.inventory import set_threshold
from catalog.services.offers import NewVariant
from catalog.services.taxonomy import brand_named, category_at
from config.demo.data import APPLICATION, BRANDS, COUPONS, SHOPS, TAX_RATES
from config.demo.goods import GOODS, SHELVES
from config.demo.tables import Good, Shop
from config.shared.money import Money
from orders.models import Coupon, ShippingMethod, TaxRate

CURRENCY = "USD"
LOW = 5  # stock at which a seller is warned
BARCODE = 400000000000  # the first of the demo's, which count up from it


def make_shops(people: Mapping[str, User]) -> dict[str, Seller]:
    """All open shops, by key."""
    return {shop.key: open_shop(shop, people[shop.owner]) for shop in SHOPS}


def open_shop(shop: Shop, owner: User) -> Seller:
    seller = apply_as_seller(user=owner, name=shop.name, description=shop.description)
    for name, price, free_from in (
        ("Standard parcel", shop.parcel, shop.free_from),
        ("Express", shop.express, None),
    ):
        ShippingMethod.objects.create(
            seller=seller, name=name, price_amount=price, free_from_amount=free_from, currency=CURRENCY
        )
    return approve_seller(seller_id=seller.pk)


def apply(people: Mapping[str, User]) -> None:
    """Makes a shop that waits for the admin's decision."""
    shop = APPLICATION
    apply_as_seller(user=people[shop.owner], name=shop.name, description=shop.description)


def make_rules(sellers: Mapping[str, Seller]) -> None:
    """Makes taxes, coupons, brands and the tree of categories."""
    for country, region, tax_class, rate, inclusive in TAX_RATES:
        TaxRate.objects.create(
            country=country, region=region, tax_class=tax_class, rate=Decimal(rate), inclusive=inclusive
        )
    for coupon in COUPONS:
        make_coupon(sellers, **coupon)
    for name in BRANDS:
        brand_named(name=name)
    for path in dict.fromkeys(good.path for good in GOODS):
        category_at(path=path.split("/"))


def make_coupon(
    sellers: Mapping[str, Seller], *, shop: str, starts: int = 0, ends: int = 0, **values: Any
) -> Coupon:
    """`starts` and `ends` are days from now; 0 means no limit."""
    now = timezone.now()
    starts_at = now + timedelta(days=starts) if starts else None
    ends_at = now + timedelta(days=ends) if ends else None
    needs_currency = {"amount", "minimum_amount"} & set(values)
    currency = CURRENCY if needs_currency else ""
    seller = sellers.get(shop)
    return Coupon.objects.create(
        seller=seller, starts_at=starts_at, ends_at=ends_at, currency=currency, **values
    )


def put_on_shelf(shop: str, seller: Seller, good: Good) -> Product:
    """Makes the product with its variants, and a warning level for the first of them."""
    product = create_product(
        seller=seller,
        title=good.title,
        handle=good.key,
        description=good.text,
        status=good.status,
        category=category_named(good.path),
        brand=Brand.objects.get(name=good.brand),
        attributes=dict(good.attributes),
        tags=list(good.tags),
        variants=variants_of(shop, good),
        actor=f"user:{seller.user_id}",
    )
    set_threshold(level=StockLevel.objects.filter(variant__product=product).order_by("pk")[0], threshold=LOW)
    return product


def category_named(path: str) -> Category:
    """Names are unique in the demo's tree, so the last of the path identifies the category."""
    return Category.objects.get(name=path.rsplit("/", maxsplit=1)[-1])


def variants_of(shop: str, good: Good) -> list[NewVariant]:
    number = SHELVES[shop].index(good) + 1
    base = f"{shop[:3].upper()}-{number:03}"
    return [
        NewVariant(
            sku="-".join([base, *(short(value) for value in options.values())]),
            price=Money(good.price + sum(good.extra.get(value, 0) for value in options.values()), CURRENCY),
            compare_at_price=was(good, options),
            options=options,
            weight_g=good.weight,
            barcode=str(BARCODE + list(SHELVES).index(shop) * 10_000 + number * 100 + index),
            stock=good.stock[index % len(good.stock)],
        )
        for index, options in enumerate(good.combinations)
    ]


def short(value: str) -> str:
    """A value as part of a SKU: "3 l" is 3L, "Mustard" is MUS."""
    return value.replace(" ", "").upper()[:3]


def was(good: Good, options: Mapping[str, str]) -> Money | None:
    """The price before the reduction."""
    more = sum(good.extra.get(value, 0) for value in options.values())
    return Money(good.was + more, CURRENCY) if good.was else None


def stock_second_location(seller: Seller) -> None:
    """A cellar with more of the best-selling things, and a stock count that found one missing."""
    cellar = Location.objects.create(seller=seller, name="Cellar", priority=1)
    actor = f"user:{seller.user_id}"
    variants = Variant.objects.filter(seller=seller, product__handle__in=["enamel-kettle", "desk-lamp"])
    for variant in variants.order_by("pk"):
        adjust_stock(
            variant=variant, location=cellar, delta=12, reason="Delivery from the workshop", actor=actor
        )
        adjust_stock(variant=variant, location=cellar, delta=-1, reason="Found broken", actor=actor)
