"""New products and variants, one or many: the number of statements does not grow with their number."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count

from accounts.models import Seller
from accounts.services import change_product_count
from accounts.slugs import unique_slugs
from catalog.errors import SkuTaken
from catalog.models import Product, Variant
from catalog.services import stock_statements as statements
from catalog.services.attributes import check_all_attributes
from catalog.services.currencies import add_prices
from catalog.services.offers import NewVariant
from catalog.services.prices import name_author
from catalog.services.refreshing import refresh_products
from catalog.services.sales import set_price, set_sale
from catalog.services.stock import default_location
from catalog.signals import products_published

Status = Product.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """`values` are columns of the product; without a `handle` its slug becomes its handle in files."""

    title: str
    variants: Sequence[NewVariant]
    handle: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def create_product(
    *, seller: Seller, title: str, variants: Sequence[NewVariant], actor: str, handle: str = "", **values: Any
) -> Product:
    """Creates a product with its variants and their first stock. Raises SkuTaken; 409 for a taken handle."""
    new = NewProduct(title=title, variants=variants, handle=handle, values=values)
    return create_products(seller=seller, new=[new], actor=actor)[0]


@transaction.atomic
def create_products(*, seller: Seller, new: Sequence[NewProduct], actor: str) -> list[Product]:
    """Creates all of them or none, and returns them in order. Raises SkuTaken; 409 for a taken handle."""
    check_all_attributes([one.values for one in new])
    slugs = unique_slugs(Product, [one.handle or one.title for one in new])
    products = [row_of(seller, one, slug) for one, slug in zip(new, slugs, strict=True)]
    Product.objects.bulk_create(products)
    add_variants(
        batches=[(product, one.variants) for product, one in zip(products, new, strict=True)], actor=actor
    )
    announce_published([product for product in products if product.status == Status.ACTIVE])
    return products


def row_of(seller: Seller, new: NewProduct, slug: str) -> Product:
    names = list(new.variants[0].options)
    values = {"title": new.title, "handle": new.handle or slug, "option_names": names, **new.values}
    return Product(seller=seller, slug=slug, **values)


@transaction.atomic
def add_variants(*, batches: Sequence[tuple[Product, Sequence[NewVariant]]], actor: str) -> list[Variant]:
    """For products of one seller. Needs the products locked (or new). Raises SkuTaken; 409 for taken options."""
    pairs = [(product, variant) for product, variants in batches for variant in variants]
    positions = next_positions([product for product, _ in batches])
    rows = [new_row(product, variant, next(positions[product.pk])) for product, variant in pairs]
    name_author(actor)
    insert_variants(rows)
    add_prices(
        [(row, variant.prices) for row, (_, variant) in zip(rows, pairs, strict=True) if variant.prices]
    )
    receive_first_stock(rows, [variant.stock for _, variant in pairs], actor)
    refresh_products([product for product, _ in batches])
    return rows


def next_positions(products: Sequence[Product]) -> dict[int, Any]:
    """Product id → an iterator over its free positions, lowest first."""
    variants = Variant.objects.order_by().filter(product__in=[product.pk for product in products])
    taken = dict(variants.values_list("product").annotate(Count("pk")))
    return {product.pk: iter(range(taken.get(product.pk, 0), 2**31)) for product in products}


def new_row(product: Product, new: NewVariant, position: int) -> Variant:
    row = Variant(
        product=product,
        seller_id=product.seller_id,
        sku=new.sku,
        options=dict(new.options),
        weight_g=new.weight_g,
        length_mm=new.length_mm,
        width_mm=new.width_mm,
        height_mm=new.height_mm,
        barcode=new.barcode,
        file_stock=new.file_stock,
        position=position,
        is_available=new.stock > 0,
    )
    set_price(row, new.price, new.compare_at_price)
    set_sale(row, new.sale)
    return row


def insert_variants(rows: list[Variant]) -> None:
    """Relies on the unique constraint; only after a violation is the taken SKU looked up."""
    try:
        with transaction.atomic():
            Variant.objects.bulk_create(rows)
    except IntegrityError:
        raise_taken(rows)
        raise


def raise_taken(rows: Sequence[Variant]) -> None:
    """Raises SkuTaken if another variant has one of these SKUs."""
    same = Variant.objects.live().filter(seller_id=rows[0].seller_id, sku__in=[row.sku for row in rows])
    for sku in same.exclude(pk__in=[row.pk for row in rows if row.pk]).values_list("sku", flat=True)[:1]:
        raise SkuTaken(sku)


def receive_first_stock(rows: Sequence[Variant], stocks: Sequence[int], actor: str) -> None:
    """Creates a level for each variant at the seller's first location, with a movement for the units received."""
    location = default_location(seller_id=rows[0].seller_id)
    new = {"variants": [row.pk for row in rows], "stocks": list(stocks)}
    with connection.cursor() as cursor:
        cursor.execute(statements.RECEIVE, {**new, "location": location.pk, "actor": actor})


def announce_published(products: Iterable[Product]) -> None:
    """Announces products of one seller that have become active."""
    published = list(products)
    if published:
        change_product_count(seller_id=published[0].seller_id, by=len(published))
        products_published.send(sender=Product, products=published)
