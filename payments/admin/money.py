"""Payments, refunds and disputes."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from accounts.desk import stepped_up
from config.shared.admin import ReadOnly, ReadOnlyAdmin, act, recent_values, tagged
from config.shared.admin.money import column
from payments import services
from payments.models import Dispute, Payment, Refund, RefundItem, StripeCustomer, StripeEvent

MAY_SETTLE = "payments.change_payment"


class RefundItemInline(ReadOnly, TabularInline):
    model = RefundItem
    fields = ["item", "quantity"]


class RefundInline(ReadOnly, TabularInline):
    model = Refund
    fields = ["status", "reason", "note", "sum", "failure_code", "created_at", "finished_at"]
    readonly_fields = ["sum", "created_at"]
    sum = column("amount")


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ["id", "order", "provider", "state", "sum", "back", "fee", "created_at"]
    list_filter = ["status", "provider", "is_surplus", recent_values("currency")]
    list_select_related = ["order"]
    search_fields = ["provider_reference__exact", "intent_reference__exact", "order__number__exact"]
    search_help_text = "A whole reference of the provider's, or an order number."
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    exclude = ["return_url"]
    inlines = [RefundInline]
    actions_detail = ["settle"]
    state, sum, back = tagged("status"), column("amount"), column("refund_amount", "refunded")

    @admin.display(description="fee", ordering="fee_amount")
    def fee(self, payment: Payment) -> str:
        return "-" if payment.fee_amount is None else f"{payment.fee_amount} {payment.fee_currency}"

    @act(
        title="Settle",
        question="Says that the money is here: the order counts as paid, and its stock as sold.",
        needs=MAY_SETTLE,
        icon="price_check",
        when=lambda payment: payment.can_settle,
    )
    def settle(self, request: HttpRequest, payment: Payment, asked: dict) -> None:
        stepped_up(request)
        services.settle_payment(payment_id=payment.pk, by=request.user)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["id", "payment", "state", "reason", "sum", "failure_code", "created_at"]
    list_filter = ["status", "reason", recent_values("currency")]
    inlines = [RefundItemInline]
    list_select_related = ["payment"]
    search_fields = ["provider_reference__exact", "payment__order__number__exact"]
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    state, sum = tagged("status"), column("amount")


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = ["id", "payment", "state", "reason", "sum", "due_by", "created_at"]
    list_filter = ["status", recent_values("reason")]
    list_select_related = ["payment"]
    search_fields = ["provider_reference__exact", "payment__order__number__exact"]
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    state, sum = tagged("status"), column("amount")


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    list_display = ["event_id", "type", "state", "note", "received_at"]
    list_filter = ["status", recent_values("type")]
    search_fields = ["event_id__exact", "object_id__exact"]
    date_hierarchy = "received_at"
    state = tagged("status")


@admin.register(StripeCustomer)
class StripeCustomerAdmin(ReadOnlyAdmin):
    list_display = ["user", "provider_reference", "created_at"]
    list_select_related = ["user"]
    search_fields = ["provider_reference__exact", "user__email__exact"]
