"""Products shown beside another one: those chosen by its seller, then others of its category."""

from collections.abc import Sequence

from django.db import transaction

from catalog.models import Product, RelatedProduct
from config.shared.errors import invalid

MAX_RELATED = 20
SHOWN = 12


@transaction.atomic
def set_related(*, product: Product, ids: Sequence[str]) -> None:
    """Replaces the list. Needs the product locked. Raises 400 unless each id is another product of the shop."""
    own = set(Product.objects.filter(seller=product.seller_id, pk__in=ids).values_list("pk", flat=True))
    for index, other in enumerate(ids):
        if int(other) not in own or int(other) == product.pk or other in ids[:index]:
            raise invalid(f"products/{index}", "Must be another product of the shop, once.", "does_not_exist")
    RelatedProduct.objects.filter(product=product).delete()
    RelatedProduct.objects.bulk_create(
        RelatedProduct(product=product, other_id=int(other), position=position)
        for position, other in enumerate(ids)
    )


def related_to(product: Product) -> list[Product]:
    """List rows of public products: those the seller chose, then the newest of the category."""
    chosen = list(product.related.values_list("other_id", flat=True))
    rows = Product.objects.public().for_rows()
    found = {row.pk: row for row in rows.filter(pk__in=chosen)}
    shown = [found[pk] for pk in chosen if pk in found][:SHOWN]
    if len(shown) < SHOWN and product.category_id:
        same = rows.filter(category=product.category_id).exclude(pk__in=[product.pk, *chosen])
        shown += same.order_by("-created_at", "-pk")[: SHOWN - len(shown)]
    return shown
