from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from config.shared.admin import ReadOnly, ReadOnlyAdmin, SavesChanges
from orders.models import (
    Cart,
    Coupon,
    Order,
    OrderEvent,
    OrderItem,
    OrderNote,
    OrderPart,
    Return,
    ReturnItem,
    Shipment,
    ShippingMethod,
    TaxExemption,
    TaxRate,
)


class PartInline(ReadOnly, TabularInline):
    model = OrderPart
    fields = ["seller", "status", "total_amount", "shipping_method", "commission_rate"]


class ItemInline(ReadOnly, TabularInline):
    model = OrderItem
    fields = [
        "sku",
        "title",
        "quantity",
        "shipped_quantity",
        "cancelled_quantity",
        "returned_quantity",
        "unit_price_amount",
        "discount_amount",
        "total_amount",
    ]


class EventInline(ReadOnly, TabularInline):
    model = OrderEvent
    fields = ["created_at", "type", "status", "part", "by", "by_user"]
    readonly_fields = ["created_at"]


class NoteInline(ReadOnly, TabularInline):
    model = OrderNote
    fields = ["created_at", "by", "by_user", "part", "is_internal", "text"]
    readonly_fields = ["created_at"]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ["number", "status", "refund_status", "email", "total", "created_at"]
    list_filter = ["status", "refund_status", "currency"]
    search_fields = ["number", "email"]
    inlines = [PartInline, ItemInline, NoteInline, EventInline]


@admin.register(OrderPart)
class OrderPartAdmin(ReadOnlyAdmin):
    list_display = ["order", "seller", "status", "total", "created_at"]
    list_filter = ["status"]
    list_select_related = ["order", "seller"]
    inlines = [ItemInline]


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    list_display = ["id", "part", "carrier", "tracking_number", "created_at"]
    list_select_related = ["part"]


class ReturnItemInline(ReadOnly, TabularInline):
    model = ReturnItem


@admin.register(Return)
class ReturnAdmin(ReadOnly, ModelAdmin):
    list_display = ["id", "order", "part", "status", "refund", "created_at"]
    list_filter = ["status"]
    list_select_related = ["order", "part"]
    inlines = [ReturnItemInline]


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "currency", "updated_at"]
    list_select_related = ["user"]


@admin.register(Coupon)
class CouponAdmin(SavesChanges, ModelAdmin):
    list_display = ["code", "kind", "seller", "used_count", "usage_limit", "ends_at"]
    list_filter = ["kind", ("archived_at", admin.EmptyFieldListFilter)]
    search_fields = ["code"]
    readonly_fields = ["used_count"]


@admin.register(ShippingMethod)
class ShippingMethodAdmin(ModelAdmin):
    list_display = ["name", "seller", "price", "free_from", "countries"]
    search_fields = ["name"]


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):
    list_display = ["country", "region", "tax_class", "rate", "inclusive"]
    list_filter = ["country", "inclusive"]


@admin.register(TaxExemption)
class TaxExemptionAdmin(ModelAdmin):
    list_display = ["user", "country", "reason", "created_at"]
    list_select_related = ["user"]
    autocomplete_fields = ["user"]
