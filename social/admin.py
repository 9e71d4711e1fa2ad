from typing import Any

from django.contrib import admin
from unfold.admin import ModelAdmin

from social.models import Follow, Notification, Review


class ReadOnlyAdmin(ModelAdmin):
    """Services alone write these rows, for counts hang on them."""

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Follow)
class FollowAdmin(ReadOnlyAdmin):
    list_display = ["user", "seller", "brand", "created_at"]
    list_select_related = ["user", "seller", "brand"]


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "read_at", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["user"]


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ["product", "rating", "title", "user", "created_at"]
    list_filter = ["rating"]
    list_select_related = ["product", "user"]
