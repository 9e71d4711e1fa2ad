"""What may not be stored of goods and stock, whoever writes it."""

import pytest

from config.tests.constraints import Rows, refusals, tables, untried

pytestmark = pytest.mark.django_db
TABLES = tables("catalog")
SALE_AT_FULL_PRICE = {
    "price_amount": 5,
    "sale_amount": 5,
    "sale_from": "2026-01-01T00:00Z",
    "is_sale_running": True,
}
FORBIDDEN: dict[str, Rows] = {
    "attribute_choices": ({"kind": "choice", "choices": []},),
    "attribute_name": ({"category_id": 1, "name": "Size"}, {"category_id": 1, "name": "SIZE"}),
    "attribute_unit": ({"kind": "unit", "unit": ""},),
    "brand_name": ({"name": "Acme"}, {"name": "ACME"}),
    "category_sibling_name": ({"path": "00010001", "name": "Tea"}, {"path": "00010002", "name": "TEA"}),
    "hold_quantity": ({"quantity": 0},),
    "hold_reference_level": ({"reference": "order:1", "level_id": 1, "status": "active"},) * 2,
    "image_source_once": ({"product_id": 1, "source_url": "https://example.com/a.jpg"},) * 2,
    "level_reserved_within_on_hand": ({"on_hand": 2, "reserved": 3, "backorder_limit": 0},),
    "location_name": ({"seller_id": 1, "name": "Shed", "is_active": True},) * 2,
    "movement_delta": ({"delta": 0},),
    "price_change_amount": ({"amount": -1},),
    "product_price": ({"price_amount": -1},),
    "product_rating": ({"rating_sum": 1, "rating_count": 2},),
    "related_to_another": ({"product_id": 1, "other_id": 1},),
    "variant_archived": ({"is_archived": True, "is_available": True},),
    "variant_compare_at": ({"compare_at_amount": -1},),
    "variant_options": ({"product_id": 1, "options": "{}", "is_archived": False},) * 2,
    "variant_price": ({"price_amount": -1},),
    "variant_price_amount": ({"price_amount": -1},),
    "variant_price_compare_at": ({"compare_at_amount": -1},),
    "variant_price_sale": (SALE_AT_FULL_PRICE,),
    "variant_sale": (SALE_AT_FULL_PRICE,),
    "variant_sku": ({"seller_id": 1, "sku": "K-1", "is_archived": False},) * 2,
}


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses(table: str) -> None:
    refused = refusals(TABLES[table], FORBIDDEN)
    assert refused == {name: name for name in refused}


def test_every_constraint_is_tried() -> None:
    assert untried(TABLES, FORBIDDEN) == set()
