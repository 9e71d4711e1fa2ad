"""What a product repeats of its variants for the sake of lists: the lowest price, a sale, availability."""

from collections.abc import Sequence

from django.db import connection

from catalog.models import Product

COLUMNS = ("price_amount", "currency", "compare_at_amount", "prior_amount", "is_on_sale", "is_available")
REFRESH = """
UPDATE catalog_product AS product SET price_amount = cheapest.price_amount, currency = cheapest.currency,
  compare_at_amount = cheapest.compare_at_amount, prior_amount = cheapest.prior_amount, is_on_sale = cheapest.is_on_sale, is_available = cheapest.is_available
FROM (
  SELECT DISTINCT ON (product_id) product_id, current_amount AS price_amount, currency,
    current_compare_at AS compare_at_amount, prior_amount,
    bool_or(coalesce(current_compare_at > current_amount, false)) OVER product AS is_on_sale,
    bool_or(is_available) OVER product AS is_available
  FROM catalog_variant WHERE product_id = ANY(%s) AND NOT is_archived
  WINDOW product AS (PARTITION BY product_id)
  ORDER BY product_id, current_amount, position, id
) AS cheapest WHERE product.id = cheapest.product_id
RETURNING product.id, product.price_amount, product.currency, product.compare_at_amount, product.prior_amount,
  product.is_on_sale, product.is_available
"""


def refresh_products(products: Sequence[Product]) -> None:
    """Brings the rows and these objects up to date. Needs the products locked (or new), by a statement before this one,
    which therefore sees what the previous holder of the lock committed.
    """
    if not products:
        return
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, [[product.pk for product in products]])
        found = {pk: values for pk, *values in cursor.fetchall()}
    for product in products:
        for name, value in zip(COLUMNS, found.get(product.pk, []), strict=False):
            setattr(product, name, value)
