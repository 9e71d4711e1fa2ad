"""The payouts that are made by themselves. Whoever asks, and however late: those of a period are made once."""

import uuid
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from payments.models import Payout, PayoutPeriod
from payments.services.payouts import run_payouts

HOUR = timedelta(hours=4)  # after midnight, in UTC


@transaction.atomic
def run_scheduled_payouts(*, timestamp: int) -> list[Payout]:
    """The payouts of the period of `PAYOUT_SCHEDULE` that `timestamp` lies in, if they were not made yet.

    So a run that nobody was up for is made up for. A schedule that is new begins with its next day.
    """
    today = (datetime.fromtimestamp(timestamp, UTC) - HOUR).date()
    first = first_day(today)
    if first is None:
        PayoutPeriod.objects.all().delete()  # set again, it is new
    if first is None or not claim(first, today):
        return []
    return run_payouts(batch=uuid.uuid5(uuid.NAMESPACE_URL, f"payouts {first}"))[0]


def first_day(day: date) -> date | None:
    """Of the period that the day is in."""
    first = {"daily": day, "weekly": day - timedelta(days=day.weekday()), "monthly": day.replace(day=1)}
    return first.get(settings.PAYOUT_SCHEDULE)


def claim(first: date, today: date) -> bool:
    """Whether the period's payouts are this run's: who asks at the same moment waits for its commit, and is told no."""
    now = {"schedule": settings.PAYOUT_SCHEDULE, "day": first}
    _, is_new = PayoutPeriod.objects.get_or_create(pk=1, defaults=now)
    known = PayoutPeriod.objects.filter(schedule=settings.PAYOUT_SCHEDULE)
    if not is_new and known.filter(day__lt=first).update(day=first):
        return True
    is_other = PayoutPeriod.objects.exclude(schedule=settings.PAYOUT_SCHEDULE).update(**now)
    return first == today and bool(is_new or is_other)
