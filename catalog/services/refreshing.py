"""Values of variants that a product repeats for lists: lowest price in each currency, sale, availability."""

from collections.abc import Sequence

from django.db import connection

from catalog.models import Product

COLUMNS = (
    "price_amount", "currency", "compare_at_amount", "prior_amount", "is_on_sale", "is_available", "currencies",
)  # fmt: skip
# A further price in the variant's own currency is deleted: the variant's own price wins.
REFRESH = """
WITH own AS (
  DELETE FROM catalog_variantprice AS price USING catalog_variant variant
  WHERE price.product_id = ANY(%(products)s) AND variant.id = price.variant_id AND variant.currency = price.currency
), further AS MATERIALIZED (
  SELECT DISTINCT ON (price.product_id, price.currency) price.product_id, price.currency, price.current_amount AS price_amount,
    price.current_compare_at AS compare_at_amount, price.prior_amount,
    bool_or(coalesce(price.current_compare_at > price.current_amount, false)) OVER one AS is_on_sale
  FROM catalog_variantprice price JOIN catalog_variant variant ON variant.id = price.variant_id
  WHERE price.product_id = ANY(%(products)s) AND NOT variant.is_archived AND variant.currency <> price.currency
  WINDOW one AS (PARTITION BY price.product_id, price.currency)
  ORDER BY price.product_id, price.currency, price.current_amount, variant.position, variant.id
), gone AS (
  DELETE FROM catalog_productprice AS old WHERE product_id = ANY(%(products)s) AND NOT EXISTS (
    SELECT FROM further WHERE further.product_id = old.product_id AND further.currency = old.currency)
), kept AS (
  INSERT INTO catalog_productprice (product_id, currency, price_amount, compare_at_amount, prior_amount, is_on_sale)
  SELECT product_id, currency, price_amount, compare_at_amount, prior_amount, is_on_sale FROM further
  ON CONFLICT (product_id, currency) DO UPDATE SET price_amount = excluded.price_amount,
    compare_at_amount = excluded.compare_at_amount, prior_amount = excluded.prior_amount, is_on_sale = excluded.is_on_sale
)
UPDATE catalog_product AS product SET price_amount = cheapest.price_amount, currency = cheapest.currency,
  compare_at_amount = cheapest.compare_at_amount, prior_amount = cheapest.prior_amount, is_on_sale = cheapest.is_on_sale,
  is_available = cheapest.is_available,
  currencies = ARRAY(SELECT currency FROM further WHERE further.product_id = product.id ORDER BY currency)
FROM (
  SELECT DISTINCT ON (product_id) product_id, current_amount AS price_amount, currency,
    current_compare_at AS compare_at_amount, prior_amount,
    bool_or(coalesce(current_compare_at > current_amount, false)) OVER product AS is_on_sale,
    bool_or(is_available) OVER product AS is_available
  FROM catalog_variant WHERE product_id = ANY(%(products)s) AND NOT is_archived
  WINDOW product AS (PARTITION BY product_id)
  ORDER BY product_id, current_amount, position, id
) AS cheapest WHERE product.id = cheapest.product_id
RETURNING product.id, product.price_amount, product.currency, product.compare_at_amount, product.prior_amount,
  product.is_on_sale, product.is_available, product.currencies
"""


def refresh_products(products: Sequence[Product]) -> None:
    """Updates the rows and these objects. Needs the products locked (or new) by an earlier statement, so that this one
    sees what the previous holder of the lock committed.
    """
    if not products:
        return
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {"products": [product.pk for product in products]})
        found = {pk: values for pk, *values in cursor.fetchall()}
    for product in products:
        for name, value in zip(COLUMNS, found.get(product.pk, []), strict=False):
            setattr(product, name, value)
