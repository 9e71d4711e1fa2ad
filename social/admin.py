from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.shared.admin import ReadOnlyAdmin
from social import services
from social.models import (
    Answer,
    Block,
    Broadcast,
    Follow,
    Notification,
    Post,
    Question,
    Review,
    ReviewReport,
    SocialSettings,
    Watch,
)


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
    list_display = [
        "product",
        "rating",
        "title",
        "user",
        "status",
        "reports_count",
        "helpful_count",
        "created_at",
    ]
    list_filter = ["status", "rating"]
    list_select_related = ["product", "user"]
    search_fields = ["title", "body", "product__title"]
    actions = ["hide", "publish"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("social.change_review")

    @admin.action(description="Hide the selected reviews", permissions=["decide"])
    def hide(self, request: HttpRequest, rows: QuerySet) -> None:
        for review in rows.order_by("pk"):
            services.hide_review(review_id=review.pk)

    @admin.action(description="Show the selected reviews; their reports are settled", permissions=["decide"])
    def publish(self, request: HttpRequest, rows: QuerySet) -> None:
        for review in rows.order_by("pk"):
            services.publish_review(review_id=review.pk)


@admin.register(ReviewReport)
class ReviewReportAdmin(ReadOnlyAdmin):
    list_display = ["review", "user", "reason", "decided_at", "created_at"]
    list_select_related = ["review", "user"]


class HidesAndShows(ReadOnlyAdmin):
    """What is hidden, its author and staff alone see."""

    actions = ["hide", "show"]
    list_filter = ["is_hidden"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"social.change_{self.opts.model_name}")

    @admin.action(description="Hide", permissions=["decide"])
    def hide(self, request: HttpRequest, rows: QuerySet) -> None:
        rows.update(is_hidden=True)

    @admin.action(description="Show again", permissions=["decide"])
    def show(self, request: HttpRequest, rows: QuerySet) -> None:
        rows.update(is_hidden=False)


@admin.register(Question)
class QuestionAdmin(HidesAndShows):
    list_display = ["product", "body", "user", "is_hidden", "created_at"]
    list_select_related = ["product", "user"]


@admin.register(Answer)
class AnswerAdmin(HidesAndShows):
    list_display = ["question", "body", "user", "by_seller", "is_hidden", "created_at"]
    list_select_related = ["question", "user"]


@admin.register(Watch)
class WatchAdmin(ReadOnlyAdmin):
    list_display = ["user", "product", "variant", "event", "created_at"]
    list_select_related = ["user", "product", "variant"]
