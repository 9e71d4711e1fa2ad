from django.contrib import admin

from config.shared.admin import ReadOnlyAdmin
from social.models import Follow, Notification, Review


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
