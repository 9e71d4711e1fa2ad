"""Products and their variants as their owner edits them.

Lock order: a product, then its variants; stock levels, where they are needed, before both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import Seller
from accounts.services import change_product_count
from accounts.slugs import unique_slug
from catalog.errors import CurrencyMismatch, LastVariant, PriceOfVariants, SkuTaken, TooManyVariants
from catalog.models import Product, StockLevel, StockMovement, Variant
from catalog.services.prices import announce_price, check_one_currency
from catalog.services.stock import default_location
from catalog.services.stock_effects import refresh_availability
from catalog.signals import product_published
from config.shared.errors import InvalidTransition, invalid
from config.shared.money import Money

Status = Product.Status
MAX_VARIANTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariant:
    sku: str
    price: Money
    compare_at_price: Money | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    weight_g: int | None = None
    barcode: str = ""
    stock: int = 0


@transaction.atomic
def create_product(
    *, seller: Seller, title: str, variants: Sequence[NewVariant], actor: str, handle: str = "", **values: Any
) -> Product:
    """A product with its variants and their first stock. Raises SkuTaken, CurrencyMismatch; 409 for a taken handle."""
    product = Product(seller=seller, title=title, slug=unique_slug(Product, handle or title), **values)
    product.handle = handle or product.slug
    product.option_names = list(variants[0].options)
    product.save()
    add_variants(product=product, variants=variants, actor=actor)
    if product.status == Status.ACTIVE:
        announce_published(product)
    return product


@transaction.atomic
def add_variants(*, product: Product, variants: Sequence[NewVariant], actor: str) -> list[Variant]:
    """Needs the product locked (or new). Raises SkuTaken, CurrencyMismatch; 409 for options that are taken."""
    first = product.variants.count()
    rows = [new_row(product, variant, first + index) for index, variant in enumerate(variants)]
    insert_variants(rows)
    location = default_location(seller_id=product.seller_id)
    stocks = [variant.stock for variant in variants]
    levels = StockLevel.objects.bulk_create(
        StockLevel(variant=row, location=location, on_hand=stock)
        for row, stock in zip(rows, stocks, strict=True)
    )
    StockMovement.objects.bulk_create(
        StockMovement(
            level=level, kind="received", delta=level.on_hand, on_hand_after=level.on_hand, actor=actor
        )
        for level in levels
        if level.on_hand
    )
    refresh_product(product)
    return rows


@transaction.atomic
def create_variant(*, product: Product, variant: NewVariant, actor: str) -> Variant:
    """Needs the product locked. Raises SkuTaken, TooManyVariants, CurrencyMismatch; 400 for other options."""
    if product.variants.live().count() >= MAX_VARIANTS:
        raise TooManyVariants
    if variant.price.currency != product.currency:
        raise CurrencyMismatch
    check_options(product, variant.options)
    count_edit(product)
    return add_variants(product=product, variants=[variant], actor=actor)[0]


@transaction.atomic
def archive_variant(*, product: Product, variant: Variant) -> None:
    """Takes it from sale. Needs its levels locked, then the product. Raises LastVariant."""
    if not product.variants.live().exclude(pk=variant.pk).exists():
        raise LastVariant
    product.variants.filter(pk=variant.pk).update(is_archived=True, is_available=False)
    count_edit(product)
    refresh_product(product)


def check_options(product: Product, options: Mapping[str, str]) -> None:
    if set(options) != set(product.option_names):
        names = ", ".join(product.option_names) or "none"
        raise invalid(
            "options", f"All variants of a product have the same options; here: {names}.", "options_differ"
        )


def new_row(product: Product, variant: NewVariant, position: int) -> Variant:
    row = Variant(
        product=product, seller_id=product.seller_id, position=position, is_available=variant.stock > 0
    )
    row.sku, row.options, row.weight_g, row.barcode = (
        variant.sku,
        dict(variant.options),
        variant.weight_g,
        variant.barcode,
    )
    set_price(row, variant.price, variant.compare_at_price)
    return row


def set_price(row: Variant, price: Money, compare_at: Money | None) -> None:
    row.price_amount, row.currency = price.amount, price.currency
    row.compare_at_amount = None if compare_at is None else compare_at.amount


def insert_variants(rows: list[Variant]) -> None:
    """The constraint decides; afterwards it is only asked which SKU it was."""
    try:
        with transaction.atomic():
            Variant.objects.bulk_create(rows)
    except IntegrityError:
        raise_taken(rows)
        raise


def raise_taken(rows: list[Variant]) -> None:
    same = Variant.objects.live().filter(seller_id=rows[0].seller_id, sku__in=[row.sku for row in rows])
    for sku in same.exclude(pk__in=[row.pk for row in rows if row.pk]).values_list("sku", flat=True)[:1]:
        raise SkuTaken(sku)


@transaction.atomic
def update_product(*, product: Product, changes: Mapping[str, Any]) -> Product:
    """The owner's edit. Needs the product locked. Raises PriceOfVariants, CurrencyMismatch."""
    values = dict(changes)
    prices: dict[str, Any] = {
        name: values.pop(name) for name in ("price", "compare_at_price") if name in values
    }
    for name, value in values.items():
        setattr(product, name, value)
    if prices:
        update_variant(variant=only_variant(product), changes=prices)
    product.version += 1
    product.save(update_fields=[*values, "version", "updated_at"])
    return product


def only_variant(product: Product) -> Variant:
    variants = list(product.variants.live()[:2])
    if len(variants) != 1:
        raise PriceOfVariants
    variants[0].product = product
    return variants[0]


@transaction.atomic
def update_variant(*, variant: Variant, changes: Mapping[str, Any]) -> Variant:
    """Needs the product locked. Raises SkuTaken, CurrencyMismatch; 409 for options that are taken."""
    old = variant.price
    values = dict(changes)
    price, compare_at = (
        values.pop("price", variant.price),
        values.pop("compare_at_price", variant.compare_at_price),
    )
    if "options" in values:
        change_options(variant, values["options"])
    for name, value in values.items():
        setattr(variant, name, value)
    set_price(variant, price, compare_at)
    check_one_currency(variant, compare_at)
    save_variant(variant)
    refresh_product(variant.product)
    if variant.price != old:
        announce_price(variant, old)
    return variant


def change_options(variant: Variant, options: Mapping[str, str]) -> None:
    """A product's only variant may have other options than before."""
    product = variant.product
    if product.variants.live().exclude(pk=variant.pk).exists():
        check_options(product, options)
    product.option_names = list(options)
    product.save(update_fields=["option_names"])


def save_variant(variant: Variant) -> None:
    """All but availability, which belongs to the stock."""
    columns = [
        "sku",
        "price_amount",
        "compare_at_amount",
        "currency",
        "options",
        "weight_g",
        "barcode",
        "position",
    ]
    try:
        with transaction.atomic():
            variant.save(update_fields=columns)
    except IntegrityError:
        raise_taken([variant])
        raise


def refresh_product(product: Product) -> None:
    """Repeats on the product what its variants say; needs the product locked (or new)."""
    variants = sorted(
        product.variants.live(), key=lambda variant: (variant.price_amount, variant.position, variant.pk)
    )
    if variants:
        cheapest = variants[0]
        product.price_amount, product.currency = cheapest.price_amount, cheapest.currency
        product.compare_at_amount = cheapest.compare_at_amount
    product.is_on_sale = any(variant.is_on_sale for variant in variants)
    product.save(update_fields=["price_amount", "currency", "compare_at_amount", "is_on_sale"])
    refresh_availability([product.pk])
    product.is_available = any(variant.is_available for variant in variants)


@transaction.atomic
def set_product_status(*, product: Product, status: str) -> Product:
    """Needs the product locked. Raises InvalidTransition."""
    if status == product.status:
        raise InvalidTransition(status=status, allowed=[other for other in Status.values if other != status])
    was_active, product.status = product.status == Status.ACTIVE, status
    product.version += 1
    product.save(update_fields=["status", "version", "updated_at"])
    if status == Status.ACTIVE:
        announce_published(product)
    elif was_active:
        change_product_count(seller_id=product.seller_id, by=-1)
    return product


def announce_published(product: Product) -> None:
    change_product_count(seller_id=product.seller_id, by=1)
    product_published.send(sender=Product, product=product)


def lock_product(*, product_id: int) -> Product:
    """The product as it is now, with seller, brand and category; needs a transaction, which keeps it so."""
    rows = Product.objects.with_refs().select_for_update(of=("self",), no_key=True)
    return rows.get(pk=product_id)


def count_edit(product: Product) -> None:
    """An edit of a part (a variant, an image) is an edit of the product; needs it locked."""
    Product.objects.filter(pk=product.pk).update(version=F("version") + 1)
    product.version += 1
