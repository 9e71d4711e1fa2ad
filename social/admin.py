from django.contrib import admin

from config.shared.admin import ReadOnlyAdmin
from social.models import Block, Broadcast, Follow, Notification, Post, Review, SocialSettings


@admin.register(Follow)
class FollowAdmin(ReadOnlyAdmin):
    list_display = ["user", "seller", "brand", "created_at"]
    list_select_related = ["user", "seller", "brand"]


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin):
    list_display = ["seller", "user", "created_at"]
    list_select_related = ["seller", "user"]


@admin.register(Post)
class PostAdmin(ReadOnlyAdmin):
    list_display = ["kind", "seller", "product", "title", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["seller", "product"]


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnlyAdmin):
    list_display = ["seller", "told_up_to", "told_at", "created_at"]
    list_select_related = ["seller"]


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "read_at", "mail_due_at", "mailed_at", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["user"]


@admin.register(SocialSettings)
class SocialSettingsAdmin(ReadOnlyAdmin):
    list_display = ["user", "digest", "public_name", "keeps_history"]
    list_select_related = ["user"]


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ["product", "rating", "title", "user", "created_at"]
    list_filter = ["rating"]
    list_select_related = ["product", "user"]
