"""A seller's balance is of one moment, whatever commits while it is read."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from orders.models import OrderPart
from payments import services
from payments.models import Payment
from payments.services.payouts import planned
from payments.tests.factories import onboard, pay

pytestmark = pytest.mark.django_db


def while_behind(statement: int, act: Callable[[], object], read: Callable[[], Any]) -> Any:
    """What is read when `act` commits behind that many statements of it."""
    asked: list[str] = []

    def watched(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        asked.append(sql)
        if len(asked) == statement:
            act()
        return found

    with connection.execute_wrapper(watched):
        return read()


@pytest.fixture
def part(order: Any) -> OrderPart:
    """Of 19.99 USD, 17.99 of which are the seller's; not delivered."""
    return order.parts.get()


@pytest.mark.parametrize(("statement", "pending"), [(1, 0), (2, 1799)])
def test_a_refund_meanwhile_frees_nothing(
    *, client: Any, order: Any, part: OrderPart, standin: Any, statement: int, pending: int
) -> None:
    pay(client, order, payment_method="pm_card_visa")

    def read() -> list[tuple[int, int]]:
        return [(one.pending, one.available) for one in services.balances_of(part.seller_id)]

    assert while_behind(statement, lambda: services.refund_part(part=part), read) == [(pending, 0)]
    services.refund_part(part=part)
    assert read() == [(0, 0)]


@pytest.mark.parametrize(("statement", "found"), [(1, [(1799, 0)]), (2, [])])
def test_a_first_sale_meanwhile(
    *, client: Any, order: Any, part: OrderPart, standin: Any, statement: int, found: Any
) -> None:
    def read() -> list[tuple[int, int]]:
        return [(one.pending, one.available) for one in services.balances_of(part.seller_id)]

    sell = lambda: pay(client, order, payment_method="pm_card_visa")  # noqa: E731
    assert while_behind(statement, sell, read) == found


def test_a_refund_meanwhile_is_not_paid_out(client: Any, order: Any, part: OrderPart, standin: Any) -> None:
    account = onboard(standin, part.seller)
    pay(client, order, payment_method="pm_card_visa")

    refund = lambda: services.refund_part(part=part)  # noqa: E731
    assert while_behind(2, refund, lambda: list(planned([account], ""))) == []
    assert Payment.objects.get().refund_amount == 1999
