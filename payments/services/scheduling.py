"""Scheduled payouts: made once for each period, by whichever run asks first, however late."""

import uuid
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from payments.models import Payout, PayoutPeriod
from payments.services.payouts import run_payouts

HOUR = timedelta(hours=4)  # after midnight, in UTC


@transaction.atomic
def run_scheduled_payouts(*, timestamp: int) -> list[Payout]:
    """Makes the payouts for the period of `PAYOUT_SCHEDULE` that contains `timestamp`, if they were not made yet.

    A missed run is thus made up for. A new schedule begins on its next first day of a period.
    """
    today = (datetime.fromtimestamp(timestamp, UTC) - HOUR).date()
    first = first_day(today)
    if first is None:
        PayoutPeriod.objects.all().delete()  # if set again, the schedule counts as new
    if first is None or not claim(first, today):
        return []
    return run_payouts(batch=uuid.uuid5(uuid.NAMESPACE_URL, f"payouts {first}"))[0]


def first_day(day: date) -> date | None:
    """The first day of the period that contains the day; None without a schedule."""
    first = {"daily": day, "weekly": day - timedelta(days=day.weekday()), "monthly": day.replace(day=1)}
    return first.get(settings.PAYOUT_SCHEDULE)


def claim(first: date, today: date) -> bool:
    """Whether this run makes the period's payouts; a concurrent run waits for the commit and gets False."""
    now = {"schedule": settings.PAYOUT_SCHEDULE, "day": first}
    _, is_new = PayoutPeriod.objects.get_or_create(pk=1, defaults=now)
    known = PayoutPeriod.objects.filter(schedule=settings.PAYOUT_SCHEDULE)
    if not is_new and known.filter(day__lt=first).update(day=first):
        return True
    is_other = PayoutPeriod.objects.exclude(schedule=settings.PAYOUT_SCHEDULE).update(**now)
    return first == today and bool(is_new or is_other)
