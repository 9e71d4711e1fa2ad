import django_filters
from django.db.models import QuerySet

from config.shared.api.filters import BooleanFilter, FilterSet, IntegerFilter
from social.models import Review


class NotificationFilter(FilterSet):
    unread = BooleanFilter(method="filter_unread", help_text="true: the unread ones, false: those read")

    def filter_unread(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        return rows.filter(read_at__isnull=value)


class ReviewFilter(FilterSet):
    rating = IntegerFilter(field_name="rating")


class StaffReviewFilter(ReviewFilter):
    status = django_filters.ChoiceFilter(choices=Review.Status.choices)
    reported = BooleanFilter(method="filter_reported", help_text="true: those with reports that wait")

    def filter_reported(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        return rows.filter(reports_count__gt=0) if value else rows.filter(reports_count=0)


class WishFilter(FilterSet):
    wishlist = IntegerFilter(field_name="wishlist_id", help_text="of this list alone")


class MessageFilter(FilterSet):
    part = IntegerFilter(field_name="part_id", help_text="the thread of this part of an order")
