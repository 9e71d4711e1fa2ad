"""Invariants of stock and search, checked by `manage.py verify`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection, transaction

from catalog.models import Product, SearchEntry
from config.shared.registry import VERIFIERS

# Each query selects violations: id, stored value, expected value.
CHECKS = {
    "reserved_differs_from_holds": """
        SELECT level.id, level.reserved, coalesce(sum(hold.quantity), 0) FROM catalog_stocklevel level
        LEFT JOIN catalog_stockhold hold ON hold.level_id = level.id AND hold.status = 'active'
        GROUP BY level.id HAVING level.reserved <> coalesce(sum(hold.quantity), 0)""",
    "on_hand_differs_from_movements": """
        SELECT level.id, level.on_hand, coalesce(sum(movement.delta), 0) FROM catalog_stocklevel level
        LEFT JOIN catalog_stockmovement movement ON movement.level_id = level.id
        GROUP BY level.id HAVING level.on_hand <> coalesce(sum(movement.delta), 0)""",
    "variant_availability_wrong": """
        SELECT variant.id, variant.is_available, coalesce(sum(level.on_hand::bigint - level.reserved + level.backorder_limit), 0) > 0
        FROM catalog_variant variant LEFT JOIN catalog_stocklevel level ON level.variant_id = variant.id
        GROUP BY variant.id
        HAVING variant.is_available <> (coalesce(sum(level.on_hand::bigint - level.reserved + level.backorder_limit), 0) > 0 AND NOT variant.is_archived)""",
    "variant_backorder_wrong": """
        SELECT variant.id, variant.is_on_backorder, NOT variant.is_on_backorder FROM catalog_variant variant CROSS JOIN LATERAL (
          SELECT coalesce(sum(greatest(on_hand - reserved, 0)), 0) AS there FROM catalog_stocklevel WHERE variant_id = variant.id
        ) AS stock WHERE variant.is_on_backorder <> (variant.is_available AND stock.there = 0)""",
    "product_availability_wrong": """
        SELECT product.id, product.is_available, coalesce(bool_or(variant.is_available), false)
        FROM catalog_product product LEFT JOIN catalog_variant variant ON variant.product_id = product.id
        GROUP BY product.id HAVING product.is_available <> coalesce(bool_or(variant.is_available), false)""",
    "product_price_wrong": """
        SELECT product.id, product.price_amount, min(variant.current_amount) FROM catalog_product product
        JOIN catalog_variant variant ON variant.product_id = product.id AND NOT variant.is_archived
        GROUP BY product.id HAVING product.price_amount <> min(variant.current_amount)""",
    "product_currencies_wrong": """
        SELECT product.id, product.currencies::text, priced.currencies::text FROM catalog_product product CROSS JOIN LATERAL (
          SELECT ARRAY(SELECT DISTINCT price.currency FROM catalog_variantprice price JOIN catalog_variant variant
            ON variant.id = price.variant_id AND NOT variant.is_archived WHERE price.product_id = product.id ORDER BY 1
          ) AS currencies) AS priced
        WHERE (product.currencies <> '{}' OR priced.currencies <> '{}') AND product.currencies <> priced.currencies""",
    "product_further_price_wrong": """
        SELECT price.product_id, price.price_amount, (SELECT min(further.current_amount) FROM catalog_variantprice further
          JOIN catalog_variant variant ON variant.id = further.variant_id AND NOT variant.is_archived
          WHERE further.product_id = price.product_id AND further.currency = price.currency) AS lowest
        FROM catalog_productprice price WHERE price.price_amount IS DISTINCT FROM (
          SELECT min(further.current_amount) FROM catalog_variantprice further
          JOIN catalog_variant variant ON variant.id = further.variant_id AND NOT variant.is_archived
          WHERE further.product_id = price.product_id AND further.currency = price.currency)""",
}


def verify_stock() -> Iterator[dict[str, Any]]:
    yield from violations(CHECKS)


def violations(checks: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        for kind, sql in checks.items():
            cursor.execute(sql)
            for row, found, expected in cursor.fetchall():
                yield {"kind": kind, "detail": f"{row}: {found}, not {expected}", "id": str(row)}


# `verify_search` rebuilds the entries of this many products, the latest changed, compares them and rolls back.
NEWEST = 500
SEARCH = {
    "product_without_search_entry": """
        SELECT product.id, 'none', 'one' FROM catalog_product product
        LEFT JOIN catalog_searchentry entry ON entry.product_id = product.id WHERE entry.product_id IS NULL""",
    "search_entry_of_another_state": """
        SELECT product.id, entry.is_active, product.status = 'active' FROM catalog_product product
        JOIN catalog_searchentry entry ON entry.product_id = product.id
        WHERE entry.is_active <> (product.status = 'active') OR entry.seller_id <> product.seller_id""",
}


def verify_search() -> Iterator[dict[str, Any]]:
    """Every product has an entry; for the products changed last, its words must be up to date."""
    yield from violations(SEARCH)
    with transaction.atomic():
        newest = list(Product.objects.order_by("-updated_at").values_list("pk", flat=True)[:NEWEST])
        entries = (
            SearchEntry.objects.filter(product__in=newest).order_by("pk").values_list("pk", "vector", "words")
        )
        before = list(entries)
        with connection.cursor() as cursor:
            cursor.execute("SELECT catalog_search_refresh(%s)", [newest])
        stale = [
            row[0]
            for row, fresh in zip(before, entries.all(), strict=False)
            if unplaced(*row) != unplaced(*fresh)
        ]
        transaction.set_rollback(True)
    for key in stale:
        yield {
            "kind": "search_entry_stale",
            "detail": f"{key}: its words are not the product's",
            "id": str(key),
        }


def unplaced(key: int, vector: str, words: list[str]) -> tuple[int, str, list[str]]:
    """An entry without its word positions: they depend on the order of variant rows, which changes with each update."""
    return key, re.sub(r"(?<=[:,])\d+", "", vector), words


VERIFIERS["stock"] = verify_stock
VERIFIERS["search"] = verify_search
