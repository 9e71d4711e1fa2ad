"""The SQL statements. The index of its sort finds a page; only the page's products are joined to their references.

A category consists of shelves, each with an index by date: the newest page is merged from the newest of each shelf.
"""

from functools import lru_cache

from catalog.reads.rows import IMAGE, LISTED, REFERENCES, SHOWN, VARIANT, WHOLE, columns

NAMED = """
JOIN accounts_seller seller ON seller.id = product.seller_id
LEFT JOIN catalog_brand brand ON brand.id = product.brand_id
LEFT JOIN catalog_category category ON category.id = product.category_id"""
PICTURED = f"""
SELECT {columns("product", LISTED)}, {REFERENCES}, {columns("picture", IMAGE)}, {columns("shown", SHOWN)} FROM ({{page}}) AS product {NAMED}
LEFT JOIN LATERAL (
  SELECT * FROM catalog_productimage image WHERE image.product_id = product.id ORDER BY position, id LIMIT 1
) AS picture ON true
LEFT JOIN catalog_productprice shown ON shown.product_id = product.id AND shown.currency = %s"""  # noqa: S608  (constants alone)  # nosec B608
# The shop is checked per row: given a join, the planner may begin with the shops and read all their products.
PUBLIC = """
SELECT product.* FROM catalog_product product
WHERE product.status = 'active' AND (SELECT shop.status = 'active' FROM accounts_seller shop WHERE shop.id = product.seller_id)"""
SHELVES = """
SELECT newest.* FROM catalog_category root JOIN catalog_category shelf ON starts_with(shelf.path, root.path)
CROSS JOIN LATERAL ({page} AND product.category_id = shelf.id {order}) AS newest WHERE root.{key} = %s"""
BELOW = """ AND product.category_id IN (
  SELECT shelf.id FROM catalog_category root JOIN catalog_category shelf ON starts_with(shelf.path, root.path)
  WHERE root.{key} = %s)"""
TABLES = {"brand": "catalog_brand", "seller": "accounts_seller"}
FLAGS = {"in_stock": "is_available", "on_sale": "is_on_sale"}
TYPES = {"created_at": "timestamptz", "rating_average": "numeric", "units_sold": "bigint"}
WHOLE_PRODUCT = f"""
SELECT {columns("product", WHOLE)}, {REFERENCES} FROM catalog_product product {NAMED}
WHERE product.{{key}} = %s AND product.status = 'active' AND seller.status = 'active'"""  # noqa: S608  (constants alone)  # nosec B608
VARIANTS = f"SELECT {columns('v', VARIANT)} FROM catalog_variant v WHERE product_id = %s AND NOT is_archived ORDER BY position, id"  # noqa: S608  # nosec B608
IMAGES = (
    f"SELECT {columns('i', IMAGE)} FROM catalog_productimage i WHERE product_id = %s ORDER BY position, id"  # noqa: S608  # nosec B608
)
THESE = PICTURED.format(page=f"{PUBLIC} AND product.id = ANY (%s)")


@lru_cache(512)
def page_of(
    *, filters: tuple[tuple[str, str], ...], column: str, is_descending: bool, is_beyond: bool, rows: int
) -> str:
    """A page of the list. `filters` are (name, column to find it by). Parameters: the filters' values in order; if the
    page `is_beyond` a cursor, its value of `column` and its id; the category's value; last the currency to show."""
    direction = "DESC" if is_descending else "ASC"
    order = f"ORDER BY {{0}}.{column} {direction}, {{0}}.id {direction}"
    page = PUBLIC + "".join(condition(name, key) for name, key in filters if name != "category")
    if is_beyond:
        sign = "<" if is_descending else ">"
        page += f" AND (product.{column}, product.id) {sign} (%s::{TYPES[column]}, %s::bigint)"
    limited = f"{order} LIMIT {rows}"
    category = dict(filters).get("category")
    if category and column == "created_at":
        page = SHELVES.format(page=page, order=limited.format("product"), key=category)
        page += f" {limited.format('newest')}"
    elif category:
        page += BELOW.format(key=category) + limited.format("product")
    else:
        page += f" {limited.format('product')}"
    return f"{PICTURED.format(page=page)} {order.format('product')}"


def condition(name: str, key: str) -> str:
    if name in FLAGS:
        return f" AND product.{FLAGS[name]} = %s"
    if key == "id":
        return f" AND product.{name}_id = %s"
    return f" AND product.{name}_id = (SELECT id FROM {TABLES[name]} WHERE slug = %s)"  # noqa: S608  (constants alone)  # nosec B608
