from django.contrib import admin
from unfold.admin import TabularInline

from config.shared.admin import ReadOnly, ReadOnlyAdmin
from payments.models import (
    Dispute,
    LedgerEntry,
    LedgerTransaction,
    Payment,
    Payout,
    PayoutAccount,
    Refund,
    StripeCustomer,
    StripeEvent,
)


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


class EntryInline(ReadOnly, TabularInline):
    model = LedgerEntry
    fields = ["account", "seller", "order", "amount", "currency"]
    extra = 0


@admin.register(LedgerTransaction)
class LedgerTransactionAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "reference", "order", "note", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["order"]
    search_fields = ["reference", "order__number"]
    inlines = [EntryInline]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ["id", "account", "seller", "order", "amount", "currency", "transaction", "created_at"]
    list_filter = ["account", "currency"]
    list_select_related = ["seller", "order", "transaction"]
    search_fields = ["order__number", "seller__name"]


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    list_display = ["id", "seller", "method", "status", "amount", "currency", "failure_code", "created_at"]
    list_filter = ["status", "method", "currency"]
    list_select_related = ["seller"]
    search_fields = ["seller__name", "provider_reference", "batch"]


@admin.register(PayoutAccount)
class PayoutAccountAdmin(ReadOnlyAdmin):
    list_display = ["seller", "provider_reference", "payouts_enabled", "details_submitted"]
    list_filter = ["payouts_enabled"]
    list_select_related = ["seller"]
    search_fields = ["seller__name", "provider_reference"]


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = ["id", "payment", "status", "reason", "amount", "currency", "due_by", "created_at"]
    list_filter = ["status", "reason"]
    list_select_related = ["payment"]
    search_fields = ["provider_reference", "payment__order__number"]


@admin.register(StripeCustomer)
class StripeCustomerAdmin(ReadOnlyAdmin):
    list_display = ["user", "provider_reference", "created_at"]
    list_select_related = ["user"]
    search_fields = ["provider_reference", "user__email"]
