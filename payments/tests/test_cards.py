"""Saved cards: kept at Stripe, one's own alone, and gone when they are deleted."""

from typing import Any

import pytest

from accounts.services import erase_user
from accounts.tests.factories import UserFactory
from payments import gateway
from payments.models import Payment, StripeCustomer
from payments.services.cards import customer_for
from payments.tests.factories import charges, confirm, order_for, pay

pytestmark = pytest.mark.django_db
PATH = "/api/v1/me/payment-methods"


def save(client: Any, method: str = "pm_card_visa", **body: Any) -> Any:
    return client.post(PATH, {"payment_method": method, **body})


def cards(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(PATH).json()["results"]
    return found


def test_a_card_is_saved_shown_used_and_removed(client: Any, buyer: Any, order: Any, standin: Any) -> None:
    assert cards(client) == []
    saved = save(client)
    assert (saved.status_code, saved.json()["status"]) == (201, "succeeded")
    (card,) = cards(client)
    assert {**card, "id": ""} == {
        "id": "", "type": "card", "brand": "visa", "last4": "4242",
        "exp_month": card["exp_month"], "exp_year": card["exp_year"],
    }  # fmt: skip
    assert card["id"] == saved.json()["payment_method"]

    assert pay(client, order, payment_method=card["id"]).json()["status"] == "succeeded"
    again = order_for(buyer)
    assert confirm(client, pay(client, again).json()["id"], card["id"]).json()["status"] == "succeeded"
    assert client.delete(f"{PATH}/{card['id']}").status_code == 204
    assert (cards(client), client.delete(f"{PATH}/{card['id']}").status_code) == ([], 404)
    third = order_for(buyer)
    refused = pay(client, third, payment_method=card["id"])
    assert (refused.status_code, charges(standin, third)) == (400, 0)


def test_a_card_that_was_saved_after_the_payment_was_begun(
    client: Any, buyer: Any, order: Any, standin: Any
) -> None:
    payment = pay(client, order).json()
    card = save(client).json()["payment_method"]

    assert confirm(client, payment["id"], card).json()["status"] == "succeeded"
    assert Payment.objects.get().customer_reference == StripeCustomer.objects.get().provider_reference


def test_anothers_card_is_of_no_use(as_user: Any, client: Any, order: Any, standin: Any) -> None:
    stranger = as_user(UserFactory())
    card = save(stranger).json()["payment_method"]
    save(client)

    assert client.delete(f"{PATH}/{card}").status_code == 404
    refused = pay(client, order, payment_method=card)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/payment_method")
    assert (len(cards(stranger)), charges(standin, order)) == (1, 0)


@pytest.mark.parametrize("value", ["pm_none", "..%2F..%2Fcustomers", "cus_1", "%00", "pm_" + "a" * 300])
def test_what_is_no_card(client: Any, standin: Any, value: str) -> None:
    save(client)
    assert client.delete(f"{PATH}/{value}").status_code == 404


def test_a_refusal_is_told(client: Any, standin: Any) -> None:
    declined = save(client, "pm_card_chargeDeclined")
    assert (declined.status_code, declined.json()["failure"]["code"]) == (201, "card_declined")
    wrong = save(client, "pm_none")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/payment_method")
    assert cards(client) == []


def test_the_browser_finishes_and_may_have_to_authenticate(client: Any, standin: Any) -> None:
    begun = client.post(PATH, {}).json()
    assert (begun["status"], begun["payment_method"]) == ("requires_payment_method", None)
    assert begun["client_secret"].startswith(begun["id"])
    asked = save(client, "pm_card_authenticationRequired", return_url="https://x.test/back").json()
    assert (asked["status"], asked["next_action"]["type"]) == ("requires_action", "redirect_to_url")
    standin.submit(asked["next_action"]["redirect_to_url"]["url"], outcome="complete")
    assert len(cards(client)) == 1


def test_one_customer_however_often(client: Any, buyer: Any, standin: Any) -> None:
    standin.trouble(drop=True, times=2, method="POST", path="/v1/customers")
    assert save(client).status_code == 503
    standin.calm()
    save(client)
    save(client)

    made = [
        e
        for e in standin.events("customer.created")
        if e["data"]["object"]["metadata"] == {"user": str(buyer.pk)}
    ]
    assert (len({e["data"]["object"]["id"] for e in made}), StripeCustomer.objects.count()) == (1, 1)


def test_the_customer_that_was_noted_first_stays(buyer: Any, standin: Any, monkeypatch: Any) -> None:
    """A slow answer must not part the user from the customer that has their cards by now."""
    call = gateway.call

    def overtaken(act: Any) -> Any:
        made = call(act)
        StripeCustomer.objects.filter(user=buyer).update(provider_reference="cus_first")
        return made

    monkeypatch.setattr(gateway, "call", overtaken)
    assert customer_for(buyer) == "cus_first" == StripeCustomer.objects.get().provider_reference


def test_an_erased_user_leaves_no_card(client: Any, standin: Any, run_jobs: Any) -> None:
    user = UserFactory()
    StripeCustomer.objects.create(user=user, provider_reference=gateway.call(make).id)
    reference = StripeCustomer.objects.get().provider_reference
    erase_user(user=user)
    run_jobs()

    assert StripeCustomer.objects.count() == 0
    assert gateway.call(lambda stripe: stripe.v1.customers.retrieve(reference)).to_dict()["deleted"] is True


def make(stripe: Any) -> Any:
    return stripe.v1.customers.create({}, {"idempotency_key": "of-a-test"})
