"""Money that staff count: bank transfer and cash on delivery."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.tests.factories import AdminFactory
from orders.services import accept_part, ship_part
from payments.models import Payment
from payments.tests.factories import confirm, pay

pytestmark = pytest.mark.django_db


def test_a_bank_transfer_is_settled_by_staff(client: Any, as_user: Any, order: Any) -> None:
    answer = pay(client, order, provider="manual", method="bank_transfer")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["provider"], body["method"], body["status"]) == (
        "manual",
        "bank_transfer",
        "requires_payment_method",
    )
    assert "client_secret" not in body
    order.refresh_from_db()
    assert order.status == "pending_payment"
    assert order.hold_expires_at > timezone.now() + timedelta(days=settings.MANUAL_HOLD_DAYS - 1)

    path = f"/api/v1/payments/{body['id']}/settle"
    assert client.post(path).status_code == 403
    order.refresh_from_db()
    assert order.status == "pending_payment"

    admin = AdminFactory()
    settled = as_user(admin).post(path)
    assert (settled.status_code, settled.json()["status"]) == (200, "succeeded")
    order.refresh_from_db()
    assert order.status == "paid"
    assert Payment.objects.get().settled_by == admin
    assert as_user(admin).post(path).json()["code"] == "invalid_transition"


def test_a_manual_payment_is_not_confirmed_and_a_card_not_settled(
    client: Any, as_user: Any, order: Any, standin: Any
) -> None:
    manual = pay(client, order, method="bank_transfer").json()
    assert confirm(client, manual["id"], "pm_card_visa").json()["code"] == "invalid_transition"

    card = pay(client, order).json()
    assert card["id"] != manual["id"]
    assert Payment.objects.get(pk=manual["id"]).status == "cancelled"
    answer = as_user(AdminFactory()).post(f"/api/v1/payments/{card['id']}/settle")
    assert (answer.status_code, answer.json()["allowed"]) == (409, ["confirm"])


def test_cash_on_delivery_may_ship_unpaid(client: Any, order: Any) -> None:
    assert pay(client, order, method="cash_on_delivery").status_code == 201

    order.refresh_from_db()
    assert (order.status, order.may_ship_unpaid, order.can_ship) == ("pending_payment", True, True)


def test_a_card_under_way_is_called_off_for_a_bank_transfer(client: Any, order: Any, standin: Any) -> None:
    card = pay(client, order).json()

    assert pay(client, order, method="bank_transfer").status_code == 201

    assert Payment.objects.get(pk=card["id"]).status == "cancelled"
    assert standin.events("payment_intent.canceled")[-1]["data"]["object"]["id"] == card["provider_reference"]


def test_a_debit_under_way_cannot_be_called_off(client: Any, order: Any, standin: Any) -> None:
    pay(client, order, payment_method="pm_usBankAccount_processing")

    answer = pay(client, order, method="bank_transfer")

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_in_progress")
    assert Payment.objects.count() == 1


def test_cash_on_delivery_is_settled_after_shipping(client: Any, as_user: Any, order: Any) -> None:
    payment = pay(client, order, method="cash_on_delivery").json()
    part = order.parts.get()
    accept_part(part_id=part.pk, by=None)
    ship_part(part_id=part.pk, by=None)
    order.refresh_from_db()
    assert order.status == "pending_payment"

    answer = as_user(AdminFactory()).post(f"/api/v1/payments/{payment['id']}/settle")

    assert answer.status_code == 200
    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("shipped", "succeeded")


def test_cash_on_delivery_is_not_exchanged_for_a_promise(client: Any, order: Any, standin: Any) -> None:
    """The goods may be on their way already."""
    pay(client, order, method="cash_on_delivery")

    answer = pay(client, order)

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_in_progress")
    assert Payment.objects.get().method == "cash_on_delivery"
