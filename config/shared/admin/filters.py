from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

SAMPLE = 5_000


def recent_values(column: str, title: str = "") -> type[SimpleListFilter]:
    """A filter by the values that the newest rows have: all values of a table would need a full scan."""

    class RecentValues(SimpleListFilter):
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            newest = model_admin.model.objects.order_by("-pk")[:SAMPLE].values(column)
            chosen = {self.value()} if self.value() else set()
            found = {row[column] for row in newest} | chosen
            return [(value, value) for value in sorted(found) if value]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            return queryset.filter(**{column: self.value()}) if self.value() else queryset

        def has_output(self) -> bool:
            return True

    RecentValues.title = title or column.replace("_", " ")
    return RecentValues
