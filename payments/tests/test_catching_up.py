"""Stripe's list of events is read to its end, however long it is, before anything counts as read."""

from types import SimpleNamespace
from typing import Any

import pytest
import stripe

from payments import services
from payments.errors import StripeDown
from payments.models import CatchUp, StripeEvent
from payments.services import catching_up

pytestmark = pytest.mark.django_db
MANY = 150


def event(number: int) -> stripe.Event:
    about = {"data": {"object": {"id": f"pi_{number}"}}, "type": "payment_intent.succeeded"}
    return stripe.Event.construct_from({"id": f"evt_{number}", **about}, "sk_test")


class Listing:
    """Pages of one event each, the newest first; the call at `fails_at` comes to nothing."""

    def __init__(self, fails_at: int = -1) -> None:
        self.asked, self.fails_at = 0, fails_at

    def list(self, params: dict[str, Any]) -> Any:
        self.asked += 1
        if self.asked == self.fails_at:
            raise StripeDown
        number = (
            int(params["starting_after"].removeprefix("evt_")) - 1 if "starting_after" in params else MANY
        )
        return SimpleNamespace(data=[event(number)], has_more=number > 1)


def listed(monkeypatch: Any, listing: Listing) -> None:
    client = SimpleNamespace(v1=SimpleNamespace(events=listing))
    monkeypatch.setattr(catching_up.gateway, "call", lambda act: act(client))


def known() -> set[str]:
    return set(StripeEvent.objects.values_list("event_id", flat=True))


def test_the_oldest_of_many_is_not_left_out(monkeypatch: Any) -> None:
    listed(monkeypatch, Listing())

    assert services.catch_up() == MANY
    assert known() == {f"evt_{number}" for number in range(1, MANY + 1)}
    assert CatchUp.objects.count() == 1


def test_what_is_read_halfway_is_kept_and_the_next_run_reads_the_rest(monkeypatch: Any) -> None:
    listed(monkeypatch, Listing(fails_at=3))
    with pytest.raises(StripeDown):
        services.catch_up()
    assert (known(), CatchUp.objects.count()) == ({"evt_150", "evt_149"}, 0)

    listed(monkeypatch, Listing())
    assert services.catch_up() == MANY - 2
    assert (len(known()), CatchUp.objects.count()) == (MANY, 1)
