from typing import Any

from django.contrib import admin
from unfold.admin import ModelAdmin

from payments.models import Payment, Refund, StripeEvent


class ReadOnlyAdmin(ModelAdmin):
    """Services alone write these rows."""

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


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
