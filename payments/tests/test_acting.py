"""Who may pay an order, and how it is named."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission

from accounts.tests.factories import UserFactory
from payments.models import Payment
from payments.tests.factories import charges, confirm, key, pay

pytestmark = pytest.mark.django_db


def clerk(*permissions: str) -> Any:
    """Staff with these Django permissions."""
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_staff_who_may_only_look_pay_nothing(as_user: Any, client: Any, order: Any, standin: Any) -> None:
    viewer = as_user(clerk("view_order"))

    opened = pay(viewer, order)
    assert (opened.status_code, opened.json()["code"]) == (403, "permission_denied")
    assert Payment.objects.count() == 0

    payment = pay(client, order).json()
    assert viewer.get(f"/api/v1/payments/{payment['id']}").status_code == 200
    confirmed = confirm(viewer, payment["id"], "pm_card_visa")
    assert (confirmed.status_code, confirmed.json()["code"]) == (403, "permission_denied")
    assert (Payment.objects.get().status, charges(standin, order)) == ("requires_payment_method", 0)


def test_staff_who_may_change_orders_pay_for_a_customer(as_user: Any, order: Any, standin: Any) -> None:
    helper = as_user(clerk("view_order", "change_order"))

    assert pay(helper, order, payment_method="pm_card_visa").json()["status"] == "succeeded"
    assert charges(standin, order) == 1


def test_a_number_is_read_aloud(client: Any, order: Any, standin: Any) -> None:
    answer = client.post("/api/v1/payments", {"order": order.number.lower()}, headers=key())

    assert (answer.status_code, answer.json()["order"]) == (201, str(order.pk))
