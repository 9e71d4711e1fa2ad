"""What may not be stored of carts, orders and coupons, whoever writes it."""

import pytest

from config.tests.constraints import Rows, refusals, tables, untried

pytestmark = pytest.mark.django_db
TABLES = tables("orders")
WRONG_TOTAL = {
    "subtotal_amount": 10, "discount_amount": 0, "shipping_amount": 0, "tax_amount": 0, "tax_included_amount": 0,
    "total_amount": 11,
}  # fmt: skip
FORBIDDEN: dict[str, Rows] = {
    "cart_item_quantity": ({"quantity": 1000},),
    "cart_one_owner": ({"user_id": 1, "token_digest": "a"},),
    "coupon_code_kept": ({"code": "A", "keeps_code": True},) * 2,
    "coupon_value": ({"kind": "percent", "percent": 101},),
    "coupon_within_limit": ({"usage_limit": 1, "used_count": 2},),
    "document_amount": ({"amount": -1},),
    "item_amounts": ({"total_amount": -1},),
    "item_quantity": ({"quantity": 0},),
    "item_refunded": ({"quantity": 1, "refunded_quantity": 2},),
    "item_returned": ({"shipped_quantity": 1, "returned_quantity": 2, "received_quantity": 0},),
    "item_shipped": ({"quantity": 2, "cancelled_quantity": 1, "shipped_quantity": 2},),
    "item_total": ({"unit_price_amount": 5, "quantity": 2, "discount_amount": 1, "total_amount": 10},),
    "order_amounts": ({"total_amount": -1},),
    "order_discount": ({"subtotal_amount": 1, "discount_amount": 2},),
    "order_tax": ({"tax_amount": 1, "tax_included_amount": 2},),
    "order_total": (WRONG_TOTAL,),
    "part_amounts": ({"total_amount": -1},),
    "part_commission": ({"commission_rate": "1.1"},),
    "part_total": (WRONG_TOTAL,),
    "return_amounts": ({"refund_amount": -1},),
    "return_item_quantities": ({"quantity": 1, "received_quantity": 2, "restocked_quantity": 0},),
    "shipment_item_quantity": ({"quantity": 0},),
    "shipping_amounts": ({"price_amount": -1},),
    "shipping_days": ({"min_days": 3, "max_days": 2},),
    "tax_rate_range": ({"rate": "1.1"},),
}


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses(table: str) -> None:
    refused = refusals(TABLES[table], FORBIDDEN)
    assert refused == {name: name for name in refused}


def test_every_constraint_is_tried() -> None:
    assert untried(TABLES, FORBIDDEN) == set()
