"""What a seller and the staff read of the books: the ledger, a period, from balance to balance."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import AdminFactory, SellerFactory
from payments import services
from payments.models import LedgerEntry, LedgerTransaction
from payments.tests.factories import books, check_books, deliver_parts, key, pay

pytestmark = pytest.mark.django_db
STATEMENT = "/api/v1/seller/statement"
ADJUST = "/api/v1/admin/ledger/adjustments"


@pytest.fixture
def admin(as_user: Any) -> Any:
    return as_user(AdminFactory())


@pytest.fixture
def shop(*, admin: Any, client: Any, order: Any, standin: Any, run_jobs: Any) -> Any:
    """19.99 sold, 5.00 given back, 1.00 credited, the rest on its way to the bank."""
    pay(client, order, payment_method="pm_card_visa")
    seller = order.parts.get().seller
    refund = {"amount": {"amount": 500, "currency": "USD"}, "reason": "scratched"}
    assert admin.post(f"/api/v1/orders/{order.pk}/refunds", refund, headers=key()).status_code == 201
    assert adjust(admin, seller, 100, "credit").status_code == 201
    deliver_parts(order)
    assert len(admin.post("/api/v1/admin/payouts/run", {}, headers=key()).json()["payouts"]) == 1
    run_jobs()
    return seller


def adjust(admin: Any, seller: Any, amount: int, direction: str, **more: Any) -> Any:
    body = {"seller": str(seller.pk), "amount": {"amount": amount, "currency": "USD"}, "direction": direction}
    return admin.post(ADJUST, body | {"reason": "goodwill"} | more, headers=key())


def test_a_statement_goes_from_balance_to_balance(as_user: Any, admin: Any, shop: Any) -> None:
    body = as_user(shop.user).get(STATEMENT).json()

    assert [
        [line["kind"], *(line[name]["amount"] for name in ("gross", "commission", "net", "balance"))]
        for line in body["lines"]
    ] == [
        ["sale", 1999, -200, 1799, 1799],
        ["refund", -500, 50, -450, 1349],
        ["adjustment", 0, 0, 100, 1449],
        ["payout", 0, 0, -1449, 0],
    ]
    assert (body["opening"]["amount"], body["closing"]["amount"]) == (0, 0)
    assert body["totals"]["net"]["amount"] == 0
    assert admin.get(f"/api/v1/admin/sellers/{shop.pk}/statement").json() == body
    tomorrow = (timezone.now() + timedelta(days=1)).date().isoformat()
    later = as_user(shop.user).get(STATEMENT, {"from": tomorrow, "to": tomorrow}).json()
    assert (later["lines"], later["opening"]["amount"]) == ([], 0)
    check_books()


def test_a_statement_as_csv_and_pdf(as_user: Any, admin: Any, shop: Any) -> None:
    adjust(admin, shop, 5, "debit", reason="=1+1")
    seller = as_user(shop.user)

    file = seller.get(STATEMENT, {"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert [(row["kind"], row["net"], row["balance"]) for row in rows] == [
        ("sale", "17.99", "17.99"), ("refund", "-4.50", "13.49"), ("adjustment", "1.00", "14.49"),
        ("payout", "-14.49", "0.00"), ("adjustment", "-0.05", "-0.05"),
    ]  # fmt: skip
    assert rows[-1]["note"] == "'=1+1"
    paper = seller.get(STATEMENT, {"format": "pdf"})
    assert (paper.headers["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert paper.content == seller.get(STATEMENT, {"format": "pdf"}).content


@pytest.mark.parametrize(
    "query",
    [{"from": "2026-1-1"}, {"to": "1999-01-01"}, {"from": "0001-01-01"}, {"currency": "XXX"}, {"format": "xls"},
     {"from": "2020-01-01", "to": "2026-01-01"}, {"until": "2026-01-01"}, {"from": "2026-02-30"}],
)  # fmt: skip
def test_a_period_that_makes_no_sense(as_user: Any, query: Any) -> None:
    answer = as_user(SellerFactory().user).get(STATEMENT, query)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_a_seller_reads_their_own_entries_and_staff_all(as_user: Any, admin: Any, shop: Any) -> None:
    mine = as_user(shop.user).get("/api/v1/seller/ledger", {"sort": "created_at"}).json()["results"]
    assert {one["seller"] for one in mine} == {str(shop.pk)}
    assert sum(one["amount"]["amount"] for one in mine if one["account"] == "payout_clearing") == 1449
    assert {"id", "account", "seller", "order", "amount", "created_at", "transaction"} <= mine[0].keys()
    assert as_user(SellerFactory().user).get("/api/v1/seller/ledger").json()["results"] == []

    everything = admin.get("/api/v1/admin/ledger", {"limit": 100}).json()["results"]
    assert len(everything) == LedgerEntry.objects.count()
    assert sum(one["amount"]["amount"] for one in everything) == 0
    one = admin.get("/api/v1/admin/ledger", {"account": "commission", "seller": str(shop.pk)}).json()[
        "results"
    ]
    assert sorted(entry["amount"]["amount"] for entry in one) == [-50, 200]
    assert admin.get("/api/v1/admin/ledger", {"account": "cash"}).status_code == 400


def test_an_adjustment_has_a_reason_and_happens_once(as_user: Any, admin: Any, shop: Any) -> None:
    before = books()
    headers, body = key(), {
        "seller": str(shop.pk), "amount": {"amount": 250, "currency": "USD"}, "direction": "debit", "reason": "fee",
    }  # fmt: skip
    answers = [admin.post(ADJUST, body, headers=headers) for _ in range(2)]
    assert [row["amount"]["amount"] for row in answers[0].json()["results"]] == [
        row["amount"]["amount"] for row in answers[1].json()["results"]
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    posted = LedgerTransaction.objects.latest("pk")
    assert (posted.kind, posted.note, posted.by_user is not None) == ("adjustment", "fee", True)
    assert books() == before | {"seller_payable": -250, "adjustments": before["adjustments"] + 250}
    for wrong in (
        {"reason": ""},
        {"amount": {"amount": 0, "currency": "USD"}},
        {"seller": "999999"},
        {"amount": -5},
    ):
        assert admin.post(ADJUST, body | wrong, headers=key()).status_code == 400
    assert as_user(shop.user).post(ADJUST, body, headers=key()).status_code == 403
    assert LedgerTransaction.objects.latest("pk") == posted


def test_balances_cost_two_queries(shop: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        services.balances_of(shop.pk)
