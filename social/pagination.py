from typing import Any

from django.db.models import QuerySet
from rest_framework.response import Response

from config.shared.api.pagination import COUNT_CAP, KeysetPagination, restored


class FeedPagination(KeysetPagination):
    """Keyset pages merged from many sources; the cursor is applied to each source."""

    def window(self, queryset: QuerySet) -> QuerySet:
        upwards = self.sort.startswith("-") == self.backwards
        beyond = (
            [restored(v, queryset, c) for v, c in zip(self.cursor.values, self.columns, strict=True)]
            if self.cursor
            else []
        )
        sign = "" if upwards else "-"
        rows = self.view.followed(limit=self.limit + 1, beyond=beyond, upwards=upwards)
        return rows.order_by(*(f"{sign}{column}" for column in self.columns))

    def how_many(self, queryset: QuerySet) -> int:
        return self.view.followed(limit=COUNT_CAP + 1).count()


class NotificationPagination(KeysetPagination):
    """Adds `unread`, the number of unread notifications on all pages."""

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        mine = self.view.queryset.visible_to(self.request.actor)
        response.data["unread"] = self.how_many(mine.unread())
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        unread = {"type": "integer", "description": "How many of all are unread, up to 10,001."}
        described["properties"]["unread"] = unread
        described["required"] = [*described["required"], "unread"]
        return described
