"""Drill-down by date over the whole period of a table: to find only days that have rows would need a full scan."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.utils import timezone


class DrillDown:
    """Replaces a list's queryset where Django's template tag asks for its years, months and days.

    Newer rows have larger ids, so the first and the last row are two look-ups by primary key.
    """

    def __init__(self, changelist: Any) -> None:
        self.rows, self.column = changelist.model._default_manager.all(), changelist.date_hierarchy
        names = {name: changelist.params.get(f"{self.column}__{name}") for name in ("year", "month")}
        self.asked = {name: int(value) for name, value in names.items() if value}

    def aggregate(self, **kinds: Any) -> dict[str, datetime | None]:
        """The dates of the first and the last row."""
        ends = {"first": self.rows.order_by("pk"), "last": self.rows.order_by("-pk")}
        return {name: rows.values_list(self.column, flat=True).first() for name, rows in ends.items()}

    def datetimes(self, column: str, kind: str) -> list[datetime]:
        ends = self.aggregate()
        first, last = ends["first"], ends["last"]
        if first is None or last is None:
            return []
        earliest, latest = sorted(timezone.localtime(moment) for moment in (first, last))
        found = {"year": years, "month": months, "day": days}[kind](earliest, latest, **self.asked)
        return [timezone.make_aware(datetime(*parts)) for parts in found]


def years(first: datetime, last: datetime, **asked: int) -> Iterator[tuple[int, int, int]]:
    return ((year, 1, 1) for year in range(first.year, last.year + 1))


def months(first: datetime, last: datetime, year: int | None = None) -> Iterator[tuple[int, int, int]]:
    """The months of `year`, or of the only year."""
    chosen = year or last.year
    return (
        (chosen, month, 1)
        for month in range(1, 13)
        if (first.year, first.month) <= (chosen, month) <= (last.year, last.month)
    )


def days(
    first: datetime, last: datetime, year: int | None = None, month: int | None = None
) -> Iterator[tuple[int, int, int]]:
    chosen = (year or last.year, month or last.month)
    length = monthrange(*chosen)[1]
    every = ((*chosen, day) for day in range(1, length + 1))
    return (parts for parts in every if first.date() <= date(*parts) <= last.date())
