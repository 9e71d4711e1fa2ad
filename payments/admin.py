from django.contrib import admin

from config.shared.admin import ReadOnlyAdmin
from payments.models import Payment, Refund, StripeEvent


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ["id", "order", "provider", "status", "amount", "currency", "refund_amount", "created_at"]
    list_filter = ["status", "provider"]
    list_select_related = ["order"]
    search_fields = ["provider_reference", "order__number"]


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["id", "payment", "status", "reason", "amount", "currency", "created_at"]
    list_filter = ["status", "reason"]
    list_select_related = ["payment"]


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    list_display = ["event_id", "type", "status", "note", "received_at"]
    list_filter = ["status"]
    search_fields = ["event_id", "object_id"]
