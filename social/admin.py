from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from config.shared.admin import ActForm, ReadOnly, ReadOnlyAdmin, act, run, tagged
from orders.models import Order
from payments.admin.orders import OrderAdmin as OrderWithMoney
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

MAY_DECIDE = "social.change_review"
MAY_WRITE = "orders.change_order"


class MailForm(ActForm):
    kind = forms.ChoiceField(label="Which", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (kind, kind.replace(".", " ").replace("_", " ")) for kind in services.mails_of(order=self.row)
        ]


admin.site.unregister(Order)


@admin.register(Order)
class OrderAdmin(OrderWithMoney):
    actions_detail = [*OrderWithMoney.actions_detail, "resend_mail"]

    @act(
        title="Send a mail again",
        question="The customer gets the mail once more, at the address and with the words of today.",
        needs=MAY_WRITE,
        icon="outgoing_mail",
        form=MailForm,
        when=lambda order: bool(services.mails_of(order=order)),
    )
    def resend_mail(self, request: HttpRequest, order: Order, asked: dict) -> str:
        services.resend_mail(order=order, kind=asked["kind"])
        return "The mail is on its way."


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
    search_fields = ["user__email__exact"]
    date_hierarchy = "created_at"


@admin.register(SocialSettings)
class SocialSettingsAdmin(ReadOnlyAdmin):
    list_display = ["user", "digest", "public_name", "keeps_history"]
    list_select_related = ["user"]


class ReportInline(ReadOnly, TabularInline):
    model = ReviewReport
    extra = 0
    fields = ["user", "reason", "decided_at", "created_at"]
    readonly_fields = ["created_at"]


class WaitsForDecision(admin.SimpleListFilter):
    """Reviews with reports that staff have not decided about yet."""

    title, parameter_name = "waits for a decision", "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return (
            queryset.filter(reports__decided_at=None, reports__isnull=False).distinct()
            if self.value()
            else queryset
        )


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = [
        "product",
        "rating",
        "title",
        "user",
        "state",
        "reports_count",
        "helpful_count",
        "created_at",
    ]
    list_filter = [WaitsForDecision, "status", "rating"]
    list_select_related = ["product", "user"]
    search_fields = ["product__slug__exact", "user__email__exact"]
    search_help_text = "A product's slug, or the whole e-mail address of who wrote it."
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    inlines = [ReportInline]
    actions = ["hide", "publish"]
    actions_detail = ["hide_one", "publish_one"]
    state = tagged("status")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_DECIDE)

    @admin.action(description="Hide the selected reviews", permissions=["decide"])
    def hide(self, request: HttpRequest, rows: QuerySet) -> None:
        run(request, rows, lambda review: services.hide_review(review_id=review.pk))

    @admin.action(description="Show the selected reviews; their reports are settled", permissions=["decide"])
    def publish(self, request: HttpRequest, rows: QuerySet) -> None:
        run(request, rows, lambda review: services.publish_review(review_id=review.pk))

    @act(
        title="Hide",
        question="Nobody but its author and staff see it, and its points no longer count.",
        needs=MAY_DECIDE,
        icon="visibility_off",
        when=lambda review: review.status != "hidden",
    )
    def hide_one(self, request: HttpRequest, review: Review, asked: dict) -> None:
        services.hide_review(review_id=review.pk)

    @act(
        title="Show",
        question="Everybody sees it; the reports about it are settled.",
        needs=MAY_DECIDE,
        icon="visibility",
    )
    def publish_one(self, request: HttpRequest, review: Review, asked: dict) -> None:
        services.publish_review(review_id=review.pk)


@admin.register(ReviewReport)
class ReviewReportAdmin(ReadOnlyAdmin):
    list_display = ["review", "user", "reason", "decided_at", "created_at"]
    list_filter = [("decided_at", admin.EmptyFieldListFilter)]
    list_select_related = ["review", "user"]


class HidesAndShows(ReadOnlyAdmin):
    """Hidden rows are visible only to their author and staff."""

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
