"""The ledger's days are closed when they are over, and opened again by what is dated back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import Seller
from accounts.tests.factories import SellerFactory
from config.shared.money import Money
from payments import services
from payments.auditing import audit
from payments.models import LedgerClosing
from payments.services import books
from payments.services.adjusting import adjust
from payments.tests.factories import check_books

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> Seller:
    return SellerFactory()


@pytest.fixture
def other_connection() -> Iterator[Any]:
    other = connection.copy()
    other.set_autocommit(False)
    yield other
    other.close()


def noon(days_ago: int) -> datetime:
    today = timezone.now().astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago)


def credit(seller: Seller, amount: int, *, days_ago: int = 0, currency: str = "USD") -> None:
    about = {"seller_id": seller.pk, "money": Money(amount, currency), "reason": "goodwill", "by_user": None}
    if not days_ago:
        adjust(**about)
        return
    with books.dated(noon(days_ago)):
        adjust(**about)


def close(*, in_days: float = 0) -> int:
    return services.close_books(timestamp=int((timezone.now() + timedelta(days=in_days)).timestamp()))


def closings(seller: Seller) -> list[tuple[int, str, int]]:
    """Days ago, currency, amount."""
    found = LedgerClosing.objects.filter(seller=seller, account="seller_payable").order_by("day", "currency")
    today = timezone.now().astimezone(UTC).date()
    return [((today - one.day).days, one.currency, one.amount) for one in found]


def test_what_is_read_is_the_same_open_or_closed(seller: Seller, django_assert_num_queries: Any) -> None:
    credit(SellerFactory(), 5000, days_ago=4)
    for amount, days_ago in ((100, 40), (30, 9), (-50, 4), (7, 2), (1, 2), (1000, 0)):
        credit(seller, amount, days_ago=days_ago)
    credit(seller, 99, days_ago=4, currency="EUR")
    euros_first = services.balances_of(seller.pk)
    assert [one.currency for one in euros_first] == ["EUR", "USD"]
    totals = services.owed(sellers=[seller.pk])
    openings = [
        services.statement(
            seller=seller, currency="USD", first=noon(days).date(), last=noon(0).date()
        ).opening
        for days in (41, 9, 5, 3, 1, 0)
    ]
    assert openings == [0, 100, 130, 80, 88, 88]

    assert close() > 0
    assert closings(seller) == [
        (40, "USD", 100),
        (9, "USD", 130),
        (4, "EUR", 99),
        (4, "USD", 80),
        (2, "USD", 88),
    ]
    assert close() == 0
    with django_assert_num_queries(2):
        assert services.balances_of(seller.pk) == euros_first
    assert services.owed(sellers=[seller.pk]) == totals
    assert totals[seller.pk, "USD", "seller_payable"] == 1088
    for days, opening in zip((41, 9, 5, 3, 1, 0), openings, strict=True):
        made = services.statement(seller=seller, currency="USD", first=noon(days).date(), last=noon(0).date())
        assert (made.opening, made.closing) == (opening, 1088)
    check_books()


def test_a_day_that_goes_on_is_open_and_is_closed_with_the_next(seller: Seller) -> None:
    credit(seller, 100, days_ago=2)
    credit(seller, 5)
    close()
    assert closings(seller) == [(2, "USD", 100)]

    close(in_days=2)
    assert closings(seller) == [(2, "USD", 100), (0, "USD", 105)]
    check_books()


def test_what_is_dated_back_opens_the_days_since(seller: Seller) -> None:
    stranger = SellerFactory()
    credit(stranger, 9, days_ago=6)
    credit(seller, 100, days_ago=6)
    credit(seller, 20, days_ago=3)
    credit(stranger, 1, days_ago=2)
    close()

    credit(seller, 5, days_ago=3)
    assert (closings(seller), closings(stranger)) == ([(6, "USD", 100)], [(6, "USD", 9)])
    assert services.owed(accounts=["seller_payable"]) == {
        (seller.pk, "USD", "seller_payable"): 125,
        (stranger.pk, "USD", "seller_payable"): 10,
    }
    close()
    assert closings(seller) == [(6, "USD", 100), (3, "USD", 125)]
    assert closings(stranger) == [(6, "USD", 9), (2, "USD", 10)]
    check_books()


def test_days_that_are_opened_while_a_balance_is_read_are_in_it(seller: Seller) -> None:
    for amount, days_ago in ((100, 6), (20, 3), (3, 0)):
        credit(seller, amount, days_ago=days_ago)
    close()
    asked = []

    def opened(execute: Any, *statement: Any) -> Any:
        """Behind each statement, as if another had dated something back just then."""
        found = execute(*statement)
        if not asked:
            asked.append(statement)
            LedgerClosing.objects.all().delete()
        return found

    with connection.execute_wrapper(opened):
        totals = services.owed(sellers=[seller.pk])
    assert totals == {(seller.pk, "USD", "seller_payable"): 123}


def test_a_transaction_that_still_runs_keeps_its_day_open(seller: Seller, other_connection: Any) -> None:
    credit(seller, 100, days_ago=1)
    credit(seller, 5)
    with other_connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    close(in_days=2)
    assert closings(seller) == [(1, "USD", 100)]
    other_connection.rollback()
    close(in_days=2)
    assert closings(seller) == [(1, "USD", 100), (0, "USD", 105)]


def test_closing_waits_for_who_dates_back(seller: Seller, other_connection: Any) -> None:
    credit(seller, 100, days_ago=1)
    with other_connection.cursor() as cursor:
        cursor.execute("DELETE FROM payments_ledgerclosing")  # as the trigger does
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '20ms'")

    with pytest.raises(OperationalError, match="lock timeout"):
        close()


def test_verify_finds_a_closing_that_is_not_true(seller: Seller) -> None:
    credit(seller, 100, days_ago=1)
    close(in_days=1)  # yesterday is not over before one o'clock
    assert list(audit()) == []

    LedgerClosing.objects.update(amount=101)
    assert [(one["kind"], one["seller"], one["account"]) for one in audit()] == [
        ("ledger_closing", seller.pk, "seller_payable")
    ]
