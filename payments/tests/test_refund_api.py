"""Refunds that an administrator or a seller asks for."""

from typing import Any

import pytest

from accounts.tests.factories import AdminFactory, SellerFactory, enrolled
from catalog.tests.factories import VariantFactory
from catalog.tests.races import at_once
from config.shared.models import EventRecord
from orders.models import OrderPart
from orders.tests.looks import fresh, usd
from payments.integrity import verify
from payments.models import Payment, Refund
from payments.tests.factories import charges, key, order_for, pay, place
from payments.tests.test_refunds import refunded

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(as_user: Any) -> Any:
    return as_user(AdminFactory())


@pytest.fixture
def two(buyer: Any, client: Any, standin: Any) -> Any:
    """A paid order of two sellers: 19.99 USD and 5.00 USD."""
    order = place(buyer, VariantFactory(price_amount=1999), VariantFactory(price_amount=500))
    pay(client, order, payment_method="pm_card_visa")
    return order


@pytest.fixture
def parts(two: Any) -> list[OrderPart]:
    return list(OrderPart.objects.filter(order=two).order_by("pk"))


def give_back(client: Any, order: Any, headers: dict[str, str] | None = None, **body: Any) -> Any:
    return client.post(
        f"/api/v1/orders/{order.pk}/refunds", {"reason": "sorry", **body}, headers=headers or key()
    )


def test_an_amount(admin: Any, two: Any, standin: Any) -> None:
    answer = give_back(admin, two, amount=usd(300))

    assert answer.status_code == 201
    body, payment = answer.json(), Payment.objects.get()
    assert (body["status"], body["amount"], body["reason"], body["part"]) == (
        "succeeded",
        usd(300),
        "sorry",
        None,
    )
    assert (body["order"], body["payment"]) == (str(two.pk), str(payment.pk))
    assert (payment.status, fresh(two).refund_status) == ("partially_refunded", "partial")
    assert refunded(standin, payment.provider_reference) == [300]
    assert EventRecord.objects.get(type="order.refunded").data["refund"] == body["id"]
    assert admin.get(f"/api/v1/orders/{two.number}/refunds").json()["results"] == [body]


def test_an_order_that_changed_meanwhile_is_412(admin: Any, as_user: Any, two: Any, parts: Any) -> None:
    """A seller compares their part: they do not see the order."""
    seller, stale = as_user(parts[0].seller.user), key() | {"If-Match": '"1-0"'}
    for client, path in (
        (admin, f"/api/v1/admin/orders/{two.pk}"), (seller, f"/api/v1/orders/seller/{parts[0].pk}")
    ):  # fmt: skip
        seen = client.get(path).headers["ETag"]
        refused = give_back(client, two, stale, amount=usd(100))
        assert (refused.status_code, refused.json()["current"]) == (412, seen)
    assert not Refund.objects.exists()

    for client in (admin, seller):
        fresh_tag = key() | {"If-Match": refused.json()["current"] if client is seller else "*"}
        first = give_back(client, two, fresh_tag, amount=usd(100))
        assert first.status_code == 201
        again = give_back(client, two, fresh_tag, amount=usd(100))
        assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert Refund.objects.count() == 2


def test_all_that_is_left(admin: Any, two: Any) -> None:
    give_back(admin, two, amount=usd(300))

    assert give_back(admin, two).json()["amount"] == usd(two.total_amount - 300)
    assert fresh(two).refund_status == "full"
    answer = give_back(admin, two)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_refund")
    assert list(verify()) == []


def test_never_more_than_was_paid(admin: Any, two: Any) -> None:
    give_back(admin, two, amount=usd(300))

    answer = give_back(admin, two, amount=usd(two.total_amount - 299))

    assert (answer.status_code, answer.json()["code"]) == (409, "refund_too_large")
    assert answer.json()["left"] == usd(two.total_amount - 300)
    assert Refund.objects.count() == 1


def test_items(admin: Any, two: Any, parts: list[OrderPart]) -> None:
    item = parts[1].items.get()

    answer = give_back(admin, two, items=[{"id": str(item.pk), "quantity": 1}])

    assert (answer.status_code, answer.json()["amount"]) == (201, usd(500))
    assert answer.json()["part"] == str(parts[1].pk)
    assert answer.json()["items"] == [{"id": str(item.pk), "quantity": 1}]
    assert admin.get(f"/api/v1/orders/{two.pk}/refunds").json()["results"] == [answer.json()]


def test_a_seller_gives_back_their_own_part(as_user: Any, two: Any, parts: list[OrderPart]) -> None:
    mine, theirs = parts
    seller = as_user(mine.seller.user)

    too_much = give_back(seller, two, amount=usd(mine.total_amount + 1))
    assert (too_much.status_code, too_much.json()["code"]) == (409, "refund_too_large")
    others = give_back(seller, two, items=[{"id": str(theirs.items.get().pk), "quantity": 1}])
    assert others.json()["errors"][0]["pointer"] == "/items/0/id"
    assert Refund.objects.count() == 0

    done = give_back(seller, two)
    assert (done.status_code, done.json()["amount"]) == (201, usd(mine.total_amount))
    assert fresh(two).refund_status == "partial"
    path = f"/api/v1/orders/{two.pk}/refunds"
    assert [row["id"] for row in seller.get(path).json()["results"]] == [done.json()["id"]]
    assert as_user(theirs.seller.user).get(path).json()["results"] == []


def test_a_part_that_is_cancelled_later_gives_back_only_the_rest(
    as_user: Any, two: Any, parts: list[OrderPart], run_jobs: Any
) -> None:
    seller = as_user(parts[0].seller.user)
    give_back(seller, two, amount=usd(99))

    seller.post(f"/api/v1/orders/seller/{parts[0].pk}/cancel", {"reason": "broken"})
    run_jobs()

    assert Payment.objects.get().refund_amount == parts[0].total_amount


def test_who_may(as_user: Any, api: Any, client: Any, two: Any) -> None:
    stranger = as_user(SellerFactory().user)

    for caller, status in ((api, 401), (client, 403), (stranger, 404)):
        assert give_back(caller, two).status_code == status
        assert caller.get(f"/api/v1/orders/{two.pk}/refunds").status_code == status
    assert Refund.objects.count() == 0


def test_who_has_a_second_factor_shows_it(admin: Any, two: Any, parts: list[OrderPart], as_user: Any) -> None:
    """A seller, too; and calling an order off is a refund by another name, though not for its customer."""
    user, step = parts[0].seller.user, "/api/v1/auth/step-up"
    seller, codes = as_user(user), enrolled(user)
    cancel = f"/api/v1/orders/seller/{parts[0].pk}/cancel"

    for refused in (give_back(seller, two), seller.post(cancel, {"reason": "broken"})):
        assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert seller.get(f"/api/v1/orders/{two.pk}/refunds").status_code == 200
    assert (Refund.objects.count(), OrderPart.objects.get(pk=parts[0].pk).status) == (0, "pending")

    assert seller.post(step, {"code": codes[0]}).status_code == 200
    assert give_back(seller, two, amount=usd(1)).status_code == 201
    assert seller.post(cancel, {"reason": "broken"}).status_code == 200


def test_staff_who_settle_a_payment_show_it(as_user: Any, buyer: Any, client: Any) -> None:
    boss, order = AdminFactory(), order_for(buyer)
    codes = enrolled(boss)
    staff = as_user(boss)
    made = pay(client, order, provider="manual", method="bank_transfer").json()
    settle = f"/api/v1/payments/{made['id']}/settle"
    refused = staff.post(settle)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert fresh(order).status == "pending_payment"
    assert staff.post("/api/v1/auth/step-up", {"code": codes[0]}).status_code == 200
    assert staff.post(settle).json()["status"] == "succeeded"


def test_staff_who_call_an_order_off_show_it_and_its_customer_does_not(
    as_user: Any, client: Any, buyer: Any, two: Any
) -> None:
    boss, cancel = AdminFactory(), f"/api/v1/orders/{two.pk}/cancel"
    for one in (boss, buyer):
        enrolled(one)

    refused = as_user(boss).post(cancel)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert fresh(two).status == "paid"
    assert client.post(cancel).json()["status"] == "cancelled"


def test_one_key_gives_back_once(admin: Any, two: Any, standin: Any) -> None:
    headers = key()
    answers = [give_back(admin, two, headers=headers, amount=usd(100)) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert Payment.objects.get().refund_amount == 100
    missing = admin.post(f"/api/v1/orders/{two.pk}/refunds", {"reason": "sorry"})
    assert missing.json()["code"] == "idempotency_key_required"


def test_with_stripe_away_a_job_goes_on(admin: Any, two: Any, standin: Any, run_jobs: Any) -> None:
    standin.trouble(status=503)
    assert give_back(admin, two, amount=usd(100)).json()["status"] == "pending"
    standin.calm()

    run_jobs()

    assert Refund.objects.get().status == "succeeded"
    assert refunded(standin, Payment.objects.get().provider_reference) == [100]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": 5}, "/reason"),
        ({"amount": usd(0)}, "/amount"),
        ({"amount": {"amount": 5, "currency": "EUR"}}, "/amount/currency"),
        ({"amount": {"amount": 1.5, "currency": "USD"}}, "/amount"),
        ({"items": []}, "/items"),
        ({"items": [{"id": "1", "quantity": 0}]}, "/items/0/quantity"),
        ({"items": [{"id": "999999", "quantity": 1}]}, "/items/0/id"),
        ({"items": [{"id": "{item}", "quantity": 2}]}, "/items/0/quantity"),
        ({"amount": usd(5), "items": [{"id": "1", "quantity": 1}]}, "/amount"),
        ({"to": "me"}, "/to"),
    ],
)
def test_bad_bodies(admin: Any, two: Any, parts: list[OrderPart], body: dict[str, Any], pointer: str) -> None:
    for item in body.get("items", []):
        if item["id"] == "{item}":
            item["id"] = str(parts[0].items.get().pk)

    answer = give_back(admin, two, **body)

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert Refund.objects.count() == 0


def test_an_unpaid_order(admin: Any, order: Any) -> None:
    answer = give_back(admin, order)

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_refund")


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_give_back_no_more_than_a_part(
    as_user: Any, two: Any, parts: list[OrderPart], standin: Any
) -> None:
    seller, part = parts[1].seller.user, parts[1]
    clients = [as_user(seller) for _ in range(10)]

    answers = at_once([lambda each=each: give_back(each, two, amount=usd(200)) for each in clients])

    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 8
    assert (Refund.objects.filter(part=part).claimed(), charges(standin, two)) == (400, 1)
