"""A page of Stripe's own: the same order, the same money, the same care."""

from typing import Any

import pytest

from accounts.tests.factories import AdminFactory
from orders.services import expire_due_orders
from orders.tests.looks import make_due
from payments import services
from payments.models import Payment
from payments.tests.factories import books, charges, check_books, deliver, events_of, key, pay

pytestmark = pytest.mark.django_db
BACK = "https://shop.test/back?session={CHECKOUT_SESSION_ID}"


def begin(client: Any, order: Any, **more: Any) -> Any:
    return pay(client, order, method="checkout", return_url=BACK, **more)


def test_a_page_is_paid_and_the_webhooks_tell(
    api: Any, client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    answer = begin(client, order)
    assert (answer.status_code, answer.json()["method"]) == (201, "checkout")
    payment = Payment.objects.get()

    back = standin.submit(answer.json()["checkout_url"], payment_method="pm_card_visa")
    assert back == BACK.replace("{CHECKOUT_SESSION_ID}", payment.provider_reference)
    for event in events_of(standin, payment.provider_reference):
        deliver(api, event)
    run_jobs()

    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, order.status, charges(standin, order)) == ("succeeded", "paid", 1)
    assert payment.intent_reference.startswith("pi_")
    assert books() == {"stripe": -1911, "seller_payable": 1799, "commission": 200, "stripe_fees": -88}
    check_books()


def test_the_intents_webhooks_alone_are_enough(
    api: Any, client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    url = begin(client, order).json()["checkout_url"]
    standin.submit(url, payment_method="pm_card_visa")
    event = next(
        e
        for e in standin.events("payment_intent.succeeded")
        if e["data"]["object"]["metadata"].get("order") == str(order.pk)
    )
    deliver(api, event)
    run_jobs()
    order.refresh_from_db()
    assert order.status == "paid"


def test_it_is_refunded_like_any_other(
    as_user: Any, client: Any, order: Any, standin: Any, run_jobs: Any
) -> None:
    standin.submit(begin(client, order).json()["checkout_url"], payment_method="pm_card_visa")
    services.reconcile(older_than=type(order.created_at - order.created_at)(0))
    answer = as_user(AdminFactory()).post(
        f"/api/v1/orders/{order.pk}/refunds", {"reason": "late"}, headers=key()
    )
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    check_books()


def test_the_same_key_gives_the_same_page_and_a_new_request_goes_on_with_it(
    client: Any, order: Any, standin: Any
) -> None:
    headers = key()
    first, again = begin(client, order, headers=headers), begin(client, order, headers=headers)
    third = begin(client, order)
    assert first.json()["checkout_url"] == again.json()["checkout_url"] == third.json()["checkout_url"]
    assert Payment.objects.count() == 1


def test_switching_to_cards_ends_the_page(client: Any, order: Any, standin: Any) -> None:
    url = begin(client, order).json()["checkout_url"]
    assert pay(client, order, payment_method="pm_card_visa").json()["status"] == "succeeded"
    standin.submit(url, payment_method="pm_card_visa")
    assert charges(standin, order) == 1
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["cancelled", "succeeded"]


def test_it_ends_with_its_order(client: Any, order: Any, standin: Any) -> None:
    url = begin(client, order).json()["checkout_url"]
    make_due(order)
    services.expire_unpaid()
    expire_due_orders()
    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("expired", "cancelled")
    standin.submit(url, payment_method="pm_card_visa")
    assert charges(standin, order) == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"method": "checkout"}, "/return_url"),
        ({"method": "checkout", "return_url": BACK, "payment_method": "pm_card_visa"}, "/payment_method"),
        ({"method": "checkout", "return_url": BACK, "provider": "manual"}, "/method"),
        ({"method": "bank_transfer", "provider": "stripe"}, "/method"),
        ({"method": "checkout", "return_url": "javascript:alert(1)"}, "/return_url"),
    ],
)
def test_what_does_not_go_together(client: Any, order: Any, body: Any, pointer: str) -> None:
    answer = pay(client, order, **body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert Payment.objects.count() == 0
