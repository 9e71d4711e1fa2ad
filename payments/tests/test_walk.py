"""The money of one order from its payment to its payout, step by step; `pytest payments/tests/test_walk.py -s` prints it."""

from typing import Any

import pytest

from accounts.tests.factories import AdminFactory
from payments import services
from payments.tests.factories import books, check_books, deliver_parts, key, pay

pytestmark = pytest.mark.django_db
STATEMENT = "/api/v1/seller/statement"


def shown(step: str, seller: Any) -> tuple[dict[str, int], list[list[Any]]]:
    """The books, and the seller's statement: kind, gross, net, balance."""
    check_books()
    lines = seller.get(STATEMENT).json()["lines"]
    told = [[line["kind"], *(line[name]["amount"] for name in ("gross", "net", "balance"))] for line in lines]
    print(f"\n{step}\n  ledger    {books()}\n  statement {told}")  # noqa: T201 (it is what is asked for)
    return books(), told


def test_an_order_is_paid_partly_refunded_disputed_and_paid_out(
    *, as_user: Any, client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    admin, seller = as_user(AdminFactory()), as_user(order.parts.get().seller.user)
    pay(client, order, payment_method="pm_card_visa")
    run_jobs()
    sale = ["sale", 1999, 1799, 1799]
    assert shown("19.99 paid", seller) == (
        {"stripe": -1999 + 88, "seller_payable": 1799, "commission": 200, "stripe_fees": -88},
        [sale],
    )

    refund = {"amount": {"amount": 500, "currency": "USD"}, "reason": "scratched"}
    assert admin.post(f"/api/v1/orders/{order.pk}/refunds", refund, headers=key()).status_code == 201
    run_jobs()
    refunded = ["refund", -500, -450, 1349]
    after_refund = {"stripe": -1999 + 88 + 500, "seller_payable": 1349, "commission": 150, "stripe_fees": -88}
    assert shown("5.00 of it refunded", seller) == (after_refund, [sale, refunded])

    payment = order.payments.get()
    reference = standin.open_dispute(payment_intent=payment.provider_reference, reason="fraudulent")["id"]
    services.take_dispute(reference)
    opened, told = shown("the bank claims all of it", seller)
    assert (opened["reserve"], opened["disputes"], told[-1][-1]) == (1349, -1999, 1349)
    standin.close_dispute(reference, "won")
    services.take_dispute(reference)
    won, _ = shown("the dispute is won", seller)
    assert won == after_refund

    deliver_parts(order)
    [payout] = admin.post("/api/v1/admin/payouts/run", {}, headers=key()).json()["payouts"]
    run_jobs()
    paid_out, told = shown("paid out", seller)
    assert payout["amount"] == {"amount": 1349, "currency": "USD"}
    assert "seller_payable" not in paid_out
    assert (told[0], told[1], told[-1]) == (sale, refunded, ["payout", 0, -1349, 0])
