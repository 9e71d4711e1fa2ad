from django.db.models import QuerySet

from config.shared.api.filters import BooleanFilter, FilterSet, IntegerFilter


class NotificationFilter(FilterSet):
    unread = BooleanFilter(method="filter_unread", help_text="true: the unread ones, false: those read")

    def filter_unread(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        return rows.filter(read_at__isnull=value)


class ReviewFilter(FilterSet):
    rating = IntegerFilter(field_name="rating")
