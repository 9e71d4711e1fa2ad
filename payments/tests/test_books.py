"""The books: every cent of an order is somebody's, once, and the database itself keeps it so."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.tests.factories import AdminFactory, SellerFactory
from catalog.tests.factories import ProductFactory, VariantFactory
from orders.models import OrderPart
from payments import services
from payments.integrity import verify
from payments.models import LedgerEntry, LedgerTransaction, Refund
from payments.services.books import Line, post
from payments.tests.factories import books, key, pay, place

pytestmark = pytest.mark.django_db


def check_now() -> None:
    """What the database would find at the commit."""
    connection.check_constraints()


@pytest.fixture
def two_sellers(buyer: Any) -> Any:
    """19.99 of one, 5.01 of another who pays a third as commission."""
    dear = SellerFactory(commission_rate=Decimal("0.333333"))
    return place(
        buyer, VariantFactory(), VariantFactory(product=ProductFactory(seller=dear), price_amount=501)
    )


def test_a_sale_is_shared_out_to_the_cent(client: Any, two_sellers: Any, standin: Any, settings: Any) -> None:
    settings.COMMISSION_TAX_RATE = Decimal("0.2")
    pay(client, two_sellers, payment_method="pm_card_visa")

    first, second = two_sellers.parts.order_by("pk")
    assert books() == {"stripe": -2500, "seller_payable": 2060, "commission": 367, "commission_tax": 73}
    assert books(part=first) == {"seller_payable": 1759, "commission": 200, "commission_tax": 40}
    assert books(part=second) == {"seller_payable": 301, "commission": 167, "commission_tax": 33}
    assert list(LedgerTransaction.objects.order_by("pk").values_list("kind", flat=True)) == [
        "capture",
        "sale",
    ]
    check_now()
    assert list(verify()) == []


def test_refunds_take_back_in_proportion_and_in_the_end_everything(
    client: Any, as_user: Any, two_sellers: Any, standin: Any, run_jobs: Any
) -> None:
    pay(client, two_sellers, payment_method="pm_card_visa")
    admin = as_user(AdminFactory())
    path = f"/api/v1/orders/{two_sellers.pk}/refunds"

    left = 2500
    for amount in (1, 333, 1000, None):
        body = {"reason": "late"} | ({"amount": {"amount": amount, "currency": "USD"}} if amount else {})
        assert admin.post(path, body, headers=key()).status_code == 201
        left = left - amount if amount else 0
        found = books()
        assert -found.get("stripe", 0) == left == found.get("seller_payable", 0) + found.get("commission", 0)
        assert all(value >= 0 for account, value in found.items() if account != "stripe")
        check_now()
        assert list(verify()) == []
    assert books() == {}


def test_a_part_that_is_cancelled_gives_its_own(
    client: Any, as_user: Any, two_sellers: Any, standin: Any, run_jobs: Any
) -> None:
    pay(client, two_sellers, payment_method="pm_card_visa")
    first, second = OrderPart.objects.filter(order=two_sellers).order_by("pk")

    as_user(first.seller.user).post(f"/api/v1/orders/seller/{first.pk}/cancel", {"reason": "broken"})

    assert books() == {"stripe": -2500, "buyer_clearing": 1999, "seller_payable": 334, "commission": 167}
    run_jobs()
    assert books() == {"stripe": -398, "seller_payable": 334, "commission": 167, "stripe_fees": -103}
    assert (books(part=first), books(part=second)) == ({}, {"seller_payable": 334, "commission": 167})
    assert list(verify()) == []


def test_money_that_comes_too_late_is_nobodys(client: Any, order: Any, standin: Any, run_jobs: Any) -> None:
    pay(client, order, payment_method="pm_usBankAccount_success")
    client.post(f"/api/v1/orders/{order.pk}/cancel")
    standin.advance()
    run_jobs()

    assert Refund.objects.get().status == "succeeded"
    assert set(LedgerTransaction.objects.values_list("kind", flat=True)) == {"capture", "fee", "refund_paid"}
    assert books() == {"stripe": 88, "stripe_fees": -88}
    assert list(verify()) == []


def test_a_refund_that_the_bank_returns_is_posted_back(
    client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    pay(client, order, payment_method="pm_card_refundFail")
    client.post(f"/api/v1/orders/{order.pk}/cancel")
    run_jobs()
    assert books() == {"stripe": 88, "stripe_fees": -88}
    standin.advance()
    refund = Refund.objects.get()
    Refund.objects.filter(pk=refund.pk).update(status="pending")
    services.send_refund(refund_id=refund.pk)

    assert Refund.objects.get().status == "failed"
    assert books() == {"stripe": -1911, "seller_payable": 1799, "commission": 200, "stripe_fees": -88}
    check_now()
    assert [one["kind"] for one in verify()] == ["payment_without_order"]  # staff must find another way


def two_lines(*amounts: int) -> list[Line]:
    return [
        Line(account=account, amount=amount)
        for account, amount in zip(("stripe", "tax"), amounts, strict=True)
    ]


def test_the_database_refuses_what_does_not_balance(db: None) -> None:
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        post(kind="fee", reference="odd", currency="USD", lines=two_lines(-100, 99))
        check_now()
    posted = post(kind="fee", reference="even", currency="USD", lines=two_lines(-100, 100))
    check_now()
    with pytest.raises(IntegrityError, match="does not have its 2 lines"), transaction.atomic():
        for account, amount in (("stripe", -5), ("tax", 5)):
            LedgerEntry.objects.create(transaction=posted, account=account, amount=amount, currency="USD")
        check_now()
    with pytest.raises(IntegrityError), transaction.atomic():
        post(kind="fee", reference="even", currency="USD", lines=two_lines(-1, 1))
    with pytest.raises(IntegrityError, match="ledger_adjustment_has_a_reason"), transaction.atomic():
        post(kind="adjustment", reference="why", currency="USD", lines=two_lines(-1, 1))
    assert books() == {"stripe": -100, "tax": 100}


@pytest.mark.parametrize("model", [LedgerTransaction, LedgerEntry])
def test_the_database_refuses_changes(db: None, model: Any) -> None:
    post(kind="fee", reference="even", currency="USD", lines=two_lines(-100, 100))

    for change in (
        lambda: model.objects.update(created_at=None),
        lambda: model.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()

    assert books() == {"stripe": -100, "tax": 100}
