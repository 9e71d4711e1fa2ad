"""What may not be stored of money, whoever writes it."""

import pytest

from config.tests.constraints import Rows, refusals, tables, untried

pytestmark = pytest.mark.django_db
TABLES = tables("payments")
FORBIDDEN: dict[str, Rows] = {
    "catch_up_once": ({"id": 2},),
    "dispute_amount_positive": ({"amount": 0},),
    "ledger_adjustment_has_a_reason": ({"kind": "adjustment", "note": ""},),
    "ledger_entry_moves_something": ({"amount": 0},),
    "ledger_entry_owed_to_somebody": ({"account": "seller_payable"},),
    "ledger_transaction_has_lines": ({"lines": 1},),
    "payment_amount_positive": ({"amount": 0},),
    "payment_captured_when_succeeded": ({"status": "succeeded", "captured_amount": 0},),
    "payment_captured_whole_or_not": ({"amount": 5, "captured_amount": 3},),
    "payment_method_of_provider": ({"provider": "stripe", "method": "bank_transfer"},),
    "payment_one_live_an_order": (
        {"order_id": 1, "status": "succeeded", "is_surplus": False},
        {"order_id": 1, "status": "processing", "is_surplus": False},
    ),
    "payment_reference_once": ({"provider": "stripe", "provider_reference": "pi_1"},) * 2,
    "payment_refunds_within_captured": ({"captured_amount": 1, "refund_amount": 2},),
    "payout_account_reference_once": ({"provider_reference": "acct_1"},) * 2,
    "payout_amount_positive": ({"amount": 0},),
    "payout_period_once": ({"id": 2},),
    "payout_has_a_destination": ({"method": "stripe", "destination": ""},),
    "payout_reference_once": ({"provider_reference": "tr_1"},) * 2,
    "refund_amount_positive": ({"amount": 0},),
    "refund_item_quantity": ({"quantity": 0},),
    "stripe_customer_reference_once": ({"provider_reference": "cus_1"},) * 2,
}


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses(table: str) -> None:
    refused = refusals(TABLES[table], FORBIDDEN)
    assert refused == {name: name for name in refused}


def test_every_constraint_is_tried() -> None:
    assert untried(TABLES, FORBIDDEN) == set()
