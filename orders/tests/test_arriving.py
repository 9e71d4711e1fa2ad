"""Parcels of which nobody says that they came."""

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from config.shared.errors import InvalidTransition
from orders import services
from orders.models import Shipment
from orders.tests.looks import fresh

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


@pytest.fixture
def shipped(two_parts):
    """Two parts, by id."""
    parts = list(two_parts.parts.order_by("pk"))
    for part in parts:
        services.accept_part(part_id=part.pk, by=None)
        services.ship_part(part_id=part.pk, by=None)
    return parts


def test_what_was_shipped_long_ago_counts_as_delivered(two_parts, shipped, settings):
    late, fresh_one = shipped
    assert services.deliver_overdue_parts() == 0
    long_ago = timezone.now() - settings.DELIVERED_AFTER
    Shipment.objects.filter(part=late).update(created_at=long_ago)
    assert (services.deliver_overdue_parts(), services.deliver_overdue_parts()) == (1, 0)
    assert (fresh(late).status, fresh(fresh_one).status) == ("delivered", "shipped")
    assert late.events.order_by("-pk").first().by == "system"
    item = late.items.get()
    services.request_return(order_id=two_parts.pk, quantities={item.pk: 1}, reason="Too small", by=None)


@pytest.mark.parametrize(
    "problem", [InvalidTransition(status="cancelled", allowed=[]), RuntimeError("broken")]
)
def test_a_part_that_cannot_be_delivered_keeps_none_behind_it(shipped, settings, monkeypatch, problem):
    """Not even where there are as many of them as a run delivers."""
    Shipment.objects.update(created_at=timezone.now() - settings.DELIVERED_AFTER)
    for name in ("PAGE", "MOST"):
        monkeypatch.setattr(f"orders.services.arriving.{name}", 1, raising=False)
    broken, other = shipped

    def fail_for_first(*, part_id, by):
        if part_id == broken.pk:
            raise problem
        services.deliver_part(part_id=part_id, by=by)

    monkeypatch.setattr("orders.services.arriving.deliver_part", fail_for_first)
    with capture_logs() as told:
        assert (services.deliver_overdue_parts(), services.deliver_overdue_parts()) == (1, 0)
    assert (fresh(broken).status, fresh(other).status) == ("shipped", "delivered")
    failures = [(line["event"], line["part"]) for line in told]
    assert failures == (
        [] if isinstance(problem, InvalidTransition) else [("delivery_failed", broken.pk)] * 2
    )


def test_a_run_delivers_so_many(shipped, settings, monkeypatch):
    Shipment.objects.update(created_at=timezone.now() - settings.DELIVERED_AFTER)
    monkeypatch.setattr("orders.services.arriving.MOST", 1)
    assert [services.deliver_overdue_parts() for _ in range(3)] == [1, 1, 0]
