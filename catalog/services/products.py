"""Owners' edits of products and their variants.

Lock order: a product, then its variants; stock levels, if needed, before both.
"""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.services import change_product_count
from catalog.errors import CurrencyMismatch, LastVariant, PriceOfVariants, TooManyVariants
from catalog.models import Product, Variant
from catalog.services.attributes import check_attributes, types_of
from catalog.services.creation import add_variants, announce_published, raise_taken
from catalog.services.currencies import check_further, replace_prices
from catalog.services.offers import MAX_VARIANTS, NewVariant
from catalog.services.prices import announce_prices, check_one_currency, name_author
from catalog.services.refreshing import refresh_products
from catalog.services.sales import PRICE_COLUMNS, check_sale, set_price, set_sale
from catalog.services.slugs import change_slug
from catalog.services.stock import SYSTEM
from catalog.services.watching import announce_hidden
from config.shared.errors import InvalidTransition, invalid

Status = Product.Status


@transaction.atomic
def create_variant(*, product: Product, variant: NewVariant, actor: str) -> Variant:
    """Needs the product locked. Raises SkuTaken, TooManyVariants, CurrencyMismatch; 400 for different option names."""
    if product.variants.live().count() >= MAX_VARIANTS:
        raise TooManyVariants
    if variant.price.currency != product.currency:
        raise CurrencyMismatch
    check_options(product, variant.options)
    count_edit(product)
    return add_variants(batches=[(product, [variant])], actor=actor)[0]


@transaction.atomic
def archive_variant(*, product: Product, variant: Variant) -> None:
    """Removes a variant from sale. Needs its levels locked, then the product. Raises LastVariant."""
    if not product.variants.live().exclude(pk=variant.pk).exists():
        raise LastVariant
    product.variants.filter(pk=variant.pk).update(is_archived=True, is_available=False, is_on_backorder=False)
    count_edit(product)
    refresh_products([product])


def check_options(product: Product, options: Mapping[str, str]) -> None:
    if set(options) != set(product.option_names):
        names = ", ".join(product.option_names) or "none"
        raise invalid(
            "options", f"All variants of a product have the same options; here: {names}.", "options_differ"
        )


@transaction.atomic
def update_product(*, product: Product, changes: Mapping[str, Any], actor: str = SYSTEM) -> Product:
    """The owner's edit. Needs the product locked. Raises PriceOfVariants, CurrencyMismatch, SlugTaken."""
    values = dict(changes)
    prices: dict[str, Any] = {
        name: values.pop(name) for name in ("price", "compare_at_price", "sale", "prices") if name in values
    }
    if "slug" in values:
        change_slug(product=product, slug=values.pop("slug"))
    for name, value in values.items():
        setattr(product, name, value)
    if {"attributes", "category"} & values.keys():
        check_attributes(product.attributes, types_of(product.category))
    if prices:
        update_variant(variant=only_variant(product), changes=prices, actor=actor)
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
def update_variant(*, variant: Variant, changes: Mapping[str, Any], actor: str = SYSTEM) -> Variant:
    """Needs the product locked. Raises SkuTaken, CurrencyMismatch; 409 for options that are taken."""
    old = variant.shown_price
    values = dict(changes)
    price, compare_at = (
        values.pop("price", variant.regular_price),
        values.pop("compare_at_price", variant.compare_at_price),
    )
    has_sale, sale = "sale" in values, values.pop("sale", None)
    further = values.pop("prices", None)
    if "options" in values:
        change_options(variant, values["options"])
    for name, value in values.items():
        setattr(variant, name, value)
    set_price(variant, price, compare_at)
    if has_sale:
        check_sale(sale, price)
        set_sale(variant, sale)
    check_one_currency(variant, compare_at)
    name_author(actor)
    save_variant(variant)
    if further is not None:
        replace_prices(variant, check_further(price, further))
    variant.refresh_from_db(fields=["prior_amount"])  # set by a trigger
    refresh_products([variant.product])
    announce_prices([(variant, old)])
    return variant


def change_options(variant: Variant, options: Mapping[str, str]) -> None:
    """Option names may change only if the product has no other variant."""
    product = variant.product
    if product.variants.live().exclude(pk=variant.pk).exists():
        check_options(product, options)
    product.option_names = list(options)
    product.save(update_fields=["option_names"])


def save_variant(variant: Variant) -> None:
    """Saves all columns except availability, which the stock services write."""
    columns = [
        "sku",
        *PRICE_COLUMNS,
        "options",
        "weight_g",
        "length_mm",
        "width_mm",
        "height_mm",
        "barcode",
        "position",
    ]
    try:
        with transaction.atomic():
            variant.save(update_fields=columns)
    except IntegrityError:
        raise_taken([variant])
        raise


@transaction.atomic
def set_product_status(*, product: Product, status: str) -> Product:
    """Needs the product locked. Raises InvalidTransition."""
    if status == product.status:
        raise InvalidTransition(status=status, allowed=[other for other in Status.values if other != status])
    was_active, product.status = product.status == Status.ACTIVE, status
    product.version += 1
    product.save(update_fields=["status", "version", "updated_at"])
    if status == Status.ACTIVE:
        announce_published([product])
    elif was_active:
        change_product_count(seller_id=product.seller_id, by=-1)
        announce_hidden([product.pk])
    return product


def lock_product(*, product_id: int) -> Product:
    """Locks the product and reads it with seller, brand and category. Needs a transaction."""
    rows = Product.objects.with_refs().select_for_update(of=("self",), no_key=True)
    return rows.get(pk=product_id)


def count_edit(product: Product) -> None:
    """An edit of a part (a variant, an image) counts as an edit of the product. Needs the product locked."""
    Product.objects.filter(pk=product.pk).update(version=F("version") + 1)
    product.version += 1
