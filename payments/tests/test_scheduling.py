"""Payouts that are made by themselves: those of each period once, also when nobody was up at their hour."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest

from orders.models import Order
from payments import services
from payments.models import Payout, PayoutPeriod
from payments.tests.factories import deliver_parts, order_for, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def sell(client: Any, buyer: Any, standin: Any) -> Any:
    """Sells something, of which 17.99 USD can be paid out."""

    def sold() -> Order:
        order = order_for(buyer)
        pay(client, order, payment_method="pm_card_visa")
        deliver_parts(order)
        return order

    return sold


def run(day: int, hour: int = 4, *, month: int = 11) -> list[int]:
    """What is paid out on a day of 2026: 2 November is a Monday, 1 December a Tuesday."""
    moment = int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp())
    return [payout.amount for payout in services.run_scheduled_payouts(timestamp=moment)]


def batch(day: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"payouts {day}")


def begin(settings: Any, schedule: str, day: date) -> None:
    """The payouts of the period that begins with that day are made."""
    settings.PAYOUT_SCHEDULE = schedule
    PayoutPeriod.objects.create(pk=1, schedule=schedule, day=day)


def test_without_a_schedule_there_are_none(sell: Any) -> None:
    sell()
    assert run(2) == []
    assert PayoutPeriod.objects.count() == 0


def test_each_week_once_from_four_on_its_monday(sell: Any, settings: Any) -> None:
    begin(settings, "weekly", date(2026, 10, 26))
    sell()
    assert run(2, hour=3) == []
    assert run(2) == [1799]
    sell()
    assert [run(2), run(2, hour=5), run(8, hour=23), run(9, hour=3)] == [[]] * 4
    assert run(9) == [1799]
    assert list(Payout.objects.order_by("pk").values_list("batch", flat=True)) == [
        batch("2026-11-02"),
        batch("2026-11-09"),
    ]


@pytest.mark.parametrize(
    ("schedule", "last", "late", "first"),
    [
        ("daily", date(2026, 11, 24), (26, 9), "2026-11-26"),
        ("weekly", date(2026, 11, 16), (26, 9), "2026-11-23"),
        ("monthly", date(2026, 10, 1), (26, 9), "2026-11-01"),
    ],
)
def test_a_run_that_was_missed_is_made_up_for(
    *, sell: Any, settings: Any, schedule: str, last: date, late: tuple[int, int], first: str
) -> None:
    begin(settings, schedule, last)
    sell()
    assert run(*late) == [1799]
    sell()
    assert run(*late) == []
    assert Payout.objects.get().batch == batch(first)


def test_a_period_in_which_nothing_was_due_is_over_as_well(sell: Any, settings: Any) -> None:
    begin(settings, "weekly", date(2026, 10, 26))
    assert run(2) == []
    sell()
    assert run(4) == []


def test_a_schedule_that_is_new_begins_with_its_next_day(sell: Any, settings: Any) -> None:
    sell()
    settings.PAYOUT_SCHEDULE = "weekly"
    assert run(4) == []
    settings.PAYOUT_SCHEDULE = "monthly"
    assert run(4) == []
    assert run(1, month=12) == [1799]
    sell()
    settings.PAYOUT_SCHEDULE = "none"
    assert run(8, month=12) == []
    settings.PAYOUT_SCHEDULE = "monthly"
    assert run(3, month=2) == []
    settings.PAYOUT_SCHEDULE = "daily"
    assert run(4, month=2) == [1799]


def test_a_late_job_of_the_last_period_does_not_go_back(sell: Any, settings: Any) -> None:
    begin(settings, "weekly", date(2026, 11, 9))
    sell()
    assert run(2) == []
    assert PayoutPeriod.objects.get().day == date(2026, 11, 9)


def test_a_run_that_fails_leaves_the_period_to_the_next(sell: Any, settings: Any, monkeypatch: Any) -> None:
    begin(settings, "weekly", date(2026, 10, 26))
    sell()
    with monkeypatch.context() as patch:
        patch.setattr("payments.services.payouts.open_payout", lambda payout: {}[payout.pk])
        with pytest.raises(KeyError):
            run(2)
    assert run(2, hour=5) == [1799]
