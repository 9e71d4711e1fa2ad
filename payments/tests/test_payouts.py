"""Sellers get what is theirs, once, whatever breaks on the way."""

import csv
import io
from typing import Any

import pytest

from accounts.services import suspend_seller
from accounts.tests.factories import AdminFactory, SellerFactory
from payments import services
from payments.errors import StripeDown
from payments.models import LedgerTransaction, Payout, PayoutAccount
from payments.services.transfers import leased
from payments.tests.factories import (
    books,
    check_books,
    deliver,
    deliver_parts,
    events_of,
    key,
    lapse,
    onboard,
    order_for,
    pay,
)

pytestmark = pytest.mark.django_db
RUN = "/api/v1/admin/payouts/run"


@pytest.fixture
def sold(client: Any, order: Any, funded: Any) -> Any:
    """19.99 paid by a card whose money is there at once, delivered eight days ago."""
    assert pay(client, order, payment_method="pm_card_bypassPending").json()["status"] == "succeeded"
    deliver_parts(order)
    return order


@pytest.fixture
def seller(sold: Any) -> Any:
    return sold.parts.get().seller


@pytest.fixture
def admin(as_user: Any) -> Any:
    return as_user(AdminFactory())


def run(admin: Any, **body: Any) -> Any:
    return admin.post(RUN, body, headers=key())


def transfers(standin: Any, payout: Payout) -> list[int]:
    made = standin.events("transfer.created")
    return [
        e["data"]["object"]["amount"] for e in made if e["data"]["object"]["transfer_group"] == payout.group
    ]


def balance(client: Any) -> dict[str, list[int]]:
    body = client.get("/api/v1/seller/balance").json()
    return {name: [one["amount"] for one in amounts] for name, amounts in body.items()}


def test_a_balance_is_held_back_until_after_the_delivery(
    as_user: Any, client: Any, order: Any, standin: Any
) -> None:
    pay(client, order, payment_method="pm_card_visa")
    seller = as_user(order.parts.get().seller.user)
    held = {"pending": [1799], "available": [0], "reserved": [0], "in_transit": [0]}

    assert balance(seller) == held
    deliver_parts(order, days_ago=6.9)
    assert balance(seller) == held
    deliver_parts(order, days_ago=7.1)
    assert balance(seller) == {"pending": [0], "available": [1799], "reserved": [0], "in_transit": [0]}


def test_a_seller_with_an_account_is_paid_by_stripe(
    as_user: Any, admin: Any, seller: Any, standin: Any, run_jobs: Any
) -> None:
    account = onboard(standin, seller)
    assert (account.payouts_enabled, account.requirements) == (True, [])

    dry = run(admin, dry_run=True).json()
    assert [one["amount"]["amount"] for one in dry["payouts"]] == [1799]
    assert Payout.objects.count() == 0
    answer = run(admin)
    assert answer.status_code == 201, answer.json()
    assert balance(as_user(seller.user)) == {
        "pending": [0], "available": [0], "reserved": [0], "in_transit": [1799],
    }  # fmt: skip
    run_jobs()

    payout = Payout.objects.get()
    assert (payout.status, payout.amount, transfers(standin, payout)) == ("paid", 1799, [1799])
    assert books() == {"stripe": -112, "commission": 200, "stripe_fees": -88}
    mine = as_user(seller.user).get("/api/v1/payouts").json()["results"]
    assert [(one["id"], one["status"]) for one in mine] == [(str(payout.pk), "paid")]
    assert run(admin).json()["payouts"] == []
    check_books()


def test_a_run_is_repeated_under_its_key(admin: Any, seller: Any) -> None:
    headers = key()
    first, again = (admin.post(RUN, {}, headers=headers) for _ in range(2))

    assert (first.json(), Payout.objects.count()) == (again.json(), 1)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert admin.post(RUN, {}).json()["code"] == "idempotency_key_required"


@pytest.mark.parametrize(
    "trouble", [{"drop": True}, {"status": 500, "when": "after"}, {"status": 500}, {"status": 429}]
)
def test_an_answer_that_was_lost_pays_once(
    admin: Any, seller: Any, standin: Any, run_jobs: Any, trouble: Any
) -> None:
    onboard(standin, seller)
    run(admin)
    payout = Payout.objects.get()
    standin.trouble(method="POST", path="/v1/transfers", **trouble)
    with pytest.raises(StripeDown):
        services.send_payout(payout_id=payout.pk)
    assert Payout.objects.get().status == "pending"
    standin.calm()
    assert services.send_payout(payout_id=payout.pk).status == "pending"
    lapse()

    for _ in range(3):
        services.send_payout(payout_id=payout.pk)

    assert (Payout.objects.get().status, transfers(standin, payout)) == ("paid", [1799])
    check_books()


def test_one_that_is_refused_is_tried_again_and_can_be_called_off(
    admin: Any, seller: Any, standin: Any, monkeypatch: Any
) -> None:
    onboard(standin, seller)
    run(admin)
    payout = Payout.objects.get()
    Payout.objects.update(destination="acct_gone")

    assert services.send_payout(payout_id=payout.pk).failure_code == "resource_missing"
    assert books(seller=seller) == {"payout_clearing": 1799, "commission": 200}
    Payout.objects.update(destination=PayoutAccount.objects.get().provider_reference)
    retried = admin.post(f"/api/v1/admin/payouts/{payout.pk}/retry", headers=key())
    assert (retried.json()["status"], transfers(standin, payout)) == ("paid", [1799])
    late = admin.post(f"/api/v1/admin/payouts/{payout.pk}/cancel", headers=key())
    assert (late.status_code, late.json()["code"]) == (409, "invalid_transition")
    check_books()


def test_one_that_is_called_off_is_the_sellers_again_unless_it_was_sent(
    admin: Any, seller: Any, standin: Any
) -> None:
    onboard(standin, seller)
    run(admin)
    first = Payout.objects.get()
    cancelled = admin.post(f"/api/v1/admin/payouts/{first.pk}/cancel", headers=key()).json()
    assert (cancelled["status"], books(seller=seller)) == (
        "cancelled",
        {"seller_payable": 1799, "commission": 200},
    )
    run(admin)
    second = Payout.objects.latest("pk")
    standin.trouble(drop=True, method="POST", path="/v1/transfers")
    with pytest.raises(StripeDown):
        services.send_payout(payout_id=second.pk)
    standin.calm()
    lapse()

    answer = admin.post(f"/api/v1/admin/payouts/{second.pk}/cancel", headers=key()).json()

    assert (answer["status"], transfers(standin, second)) == ("paid", [1799])
    check_books()


def test_two_workers_do_not_send_one_payout_at_once(admin: Any, seller: Any, standin: Any) -> None:
    onboard(standin, seller)
    run(admin)
    payout = Payout.objects.get()
    with leased(payout.pk) as mine:
        assert mine is not None
        assert services.send_payout(payout_id=payout.pk).status == "pending"
        refused = admin.post(f"/api/v1/admin/payouts/{payout.pk}/cancel", headers=key())
        assert (refused.status_code, refused.json()["code"]) == (429, "payout_in_progress")

    assert services.send_payout(payout_id=payout.pk).status == "paid"
    assert transfers(standin, payout) == [1799]


def test_without_an_account_staff_pay_by_bank_file(admin: Any, seller: Any) -> None:
    type(seller).objects.update(name='=HYPERLINK("x")')
    batch = run(admin).json()["batch"]
    payout = Payout.objects.get()

    file = admin.get("/api/v1/admin/payouts/bank-file", {"batch": batch})
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert [(row["amount"], row["currency"], row["name"]) for row in rows] == [
        ("17.99", "USD", '\'=HYPERLINK("x")')
    ]
    assert admin.post(f"/api/v1/admin/payouts/{payout.pk}/pay", headers=key()).json()["status"] == "paid"
    assert books()["bank"] == 1799
    again = admin.post(f"/api/v1/admin/payouts/{payout.pk}/pay", headers=key())
    assert (again.status_code, LedgerTransaction.objects.filter(kind="payout_paid").count()) == (409, 1)
    check_books()


def test_who_is_left_out_and_why(admin: Any, seller: Any, standin: Any, settings: Any) -> None:
    def reason() -> Any:
        ran = run(admin, dry_run=True).json()
        return [one["reason"] for one in ran["skipped"]] or [one["status"] for one in ran["payouts"]]

    settings.PAYOUT_MINIMUM = 1800
    assert reason() == ["below_minimum"]
    settings.PAYOUT_MINIMUM = 1799
    assert reason() == ["pending"]
    services.begin_onboarding(seller=seller, return_url="https://x.test/", refresh_url="https://x.test/")
    assert reason() == ["onboarding_incomplete"]
    suspend_seller(seller_id=seller.pk)
    assert reason() == ["seller_suspended"]
    assert run(admin, currency="EUR", dry_run=True).json()["skipped"] == []
    assert run(admin, seller="999999").json()["errors"][0]["pointer"] == "/seller"


def test_what_is_taken_back_after_the_payout_is_netted(
    *, as_user: Any, client: Any, buyer: Any, admin: Any, sold: Any, seller: Any, standin: Any, run_jobs: Any
) -> None:
    run(admin)
    refund = {"amount": {"amount": 1000, "currency": "USD"}, "reason": "scratched"}
    admin.post(f"/api/v1/orders/{sold.pk}/refunds", refund, headers=key())
    assert balance(as_user(seller.user))["available"] == [-900]
    assert run(admin).json()["payouts"] == []

    more = order_for(buyer, product__seller=seller, price_amount=5000)
    pay(client, more, payment_method="pm_card_visa")
    deliver_parts(more)

    assert [one["amount"]["amount"] for one in run(admin).json()["payouts"]] == [4500 - 900]
    run_jobs()
    check_books()


def test_onboarding_and_what_stripe_says_of_the_account(
    api: Any, as_user: Any, standin: Any, run_jobs: Any
) -> None:
    seller = SellerFactory()
    client = as_user(seller.user)
    path = "/api/v1/seller/payout-account"
    assert client.get(path).json() == {
        "seller": str(seller.pk), "method": "manual", "payouts_enabled": False, "details_submitted": False,
        "requirements": [],
    }  # fmt: skip

    body = client.post(path, {"return_url": "https://shop.test/back"}).json()
    assert (body["method"], body["payouts_enabled"]) == ("stripe", False)
    assert client.post(path, {"return_url": "https://shop.test/back"}).json()["url"] != body["url"]
    reference = PayoutAccount.objects.get().provider_reference
    url = client.post(path, {"return_url": "https://shop.test/back"}).json()["url"]
    standin.submit(url, outcome="complete")
    for event in events_of(standin, reference):
        assert deliver(api, event).status_code == 200
    run_jobs()

    assert client.get(path).json()["payouts_enabled"] is True
