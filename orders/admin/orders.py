"""The order's page: what was bought, by whom, and what happened to it since."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.desk import actor_of, stepped_up
from config.shared.admin import (
    ActForm,
    ReadOnly,
    ReadOnlyAdmin,
    act,
    link_to,
    list_of,
    recent_values,
    said,
    tagged,
)
from config.shared.admin.money import column, money
from orders.exporting import csv_of
from orders.models import Document, Order, OrderEvent, OrderItem, OrderNote, OrderPart, Return
from orders.permissions import is_of
from orders.services import cancel_order
from orders.services.closing import CANCELLABLE
from orders.services.timeline import doer

MAY_CHANGE = "orders.change_order"
MAY_NOTE = "orders.add_ordernote"


class Section(ReadOnly, TabularInline):
    """Related rows, below the order's own fields."""

    hide_title = True
    extra = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).order_by("pk")


class PartSection(Section):
    model = OrderPart
    fields = ["seller", "status", "total", "shipping_method", "commission_rate", "delivered_at"]
    readonly_fields = ["total"]
    total = column("total_amount")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("seller")


class ItemSection(Section):
    model = OrderItem
    show_change_link = False
    verbose_name_plural = "items"
    fields = ["sku", "title", "quantity", "shipped_quantity", "cancelled_quantity", "returned_quantity",
              "refunded_quantity", "unit_price", "discount", "total"]  # fmt: skip
    readonly_fields = ["unit_price", "discount", "total"]

    @admin.display(description="unit price")
    def unit_price(self, item: OrderItem) -> str:
        return money(item.unit_price_amount, item.order.currency)

    @admin.display(description="discount")
    def discount(self, item: OrderItem) -> str:
        return money(item.discount_amount, item.order.currency)

    @admin.display(description="total")
    def total(self, item: OrderItem) -> str:
        return money(item.total_amount, item.order.currency)


class EventSection(Section):
    model = OrderEvent
    show_change_link = False
    verbose_name_plural = "timeline"
    fields = ["created_at", "what", "status", "part", "who", "details"]
    readonly_fields = ["created_at", "what", "who", "details"]

    @admin.display(description="event")
    def what(self, event: OrderEvent) -> str:
        return event.type.replace("_", " ").replace(".", ": ")

    @admin.display(description="details")
    def details(self, event: OrderEvent) -> str:
        return ", ".join(f"{name} {value}" for name, value in event.data.items()) or "-"

    @admin.display(description="by")
    def who(self, event: OrderEvent) -> str:
        return f"{event.by} (user {event.by_user})" if event.by_user else event.by


class NoteSection(Section):
    model = OrderNote
    show_change_link = False
    verbose_name_plural = "notes"
    fields = ["created_at", "by", "by_user", "part", "is_internal", "text"]
    readonly_fields = ["created_at"]


class ReturnSection(Section):
    model = Return
    verbose_name_plural = "returns"
    fields = ["part", "status", "created_at"]
    readonly_fields = ["created_at"]


class DocumentSection(Section):
    model = Document
    show_change_link = False
    verbose_name_plural = "documents"
    fields = ["number", "kind", "reference", "total", "created_at"]
    readonly_fields = ["number", "total", "created_at"]
    total = column("amount", "total")


class ReasonForm(ActForm):
    reason = forms.CharField(
        required=False, max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept in the order's timeline; the customer sees it.",
    )  # fmt: skip


class NoteForm(ActForm):
    text = forms.CharField(max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))
    is_visible = forms.BooleanField(required=False, label="The customer and the sellers may read it")


def taken(discount: Mapping[str, Any], currency: str) -> str:
    parts = [(name, discount[name]["amount"]) for name in ("goods", "shipping") if discount.get(name)]
    return ", ".join(f"{money(amount, currency)} off {name}" for name, amount in parts if amount)


def address(value: Mapping[str, Any]) -> str:
    names = ("name", "company", "line1", "line2", "postal_code", "city", "region", "country", "phone")
    return ", ".join(str(value[name]) for name in names if value.get(name)) or "-"


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ["number", "state", "refunds", "email", "sum", "paid_at", "created_at"]
    list_filter = ["status", "refund_status", recent_values("currency")]
    search_fields = ["number"]
    search_help_text = "A whole order number or e-mail address."
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]
    fieldsets = [
        (None, {"fields": [("number", "customer"), ("status_now", "refunded"), ("created_at", "paid_at"), "note"]}),
        ("Money", {"classes": ["tab"], "fields": ["amounts", "taken_off"]}),
        ("Addresses", {"classes": ["tab"], "fields": ["ships_to", "bills_to"]}),
        ("Stock", {"classes": ["tab"], "fields": ["stock", "hold_expires_at", "is_being_paid", "may_ship_unpaid", "version"]}),
    ]  # fmt: skip
    readonly_fields = [
        "created_at",
        "customer",
        "status_now",
        "refunded",
        "amounts",
        "taken_off",
        "ships_to",
        "bills_to",
    ]
    inlines = [ItemSection, PartSection, EventSection, NoteSection, ReturnSection, DocumentSection]
    actions = ["export"]
    actions_detail = ["cancel", "write_note"]
    status_now, refunded = said("status"), said("refund_status")
    state, refunds, sum = tagged("status"), tagged("refund_status"), column("total_amount", "total")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        """Searches by the two indexes; matching part of a number would scan all orders."""
        term = term.strip()
        found = Q(number=term.upper()) | Q(email=term.lower())
        return (queryset.filter(found) if term else queryset), False

    @admin.display(description="customer")
    def customer(self, order: Order) -> str:
        return link_to(order.user, order.email) if order.user_id else f"{order.email or '-'} (guest)"

    @admin.display(description="amounts")
    def amounts(self, order: Order) -> str:
        names = ("subtotal", "discount", "shipping", "tax", "tax_included", "total")
        rows = [(name.replace("_", " "), getattr(order, f"{name}_amount")) for name in names]
        return list_of([(name, money(value, order.currency)) for name, value in rows])

    @admin.display(description="discounts")
    def taken_off(self, order: Order) -> str:
        """What each coupon and promotion took off."""
        rows = [(one["code"], taken(one, order.currency)) for one in order.discounts]
        return list_of(rows) if rows else order.coupon_code or "none"

    @admin.display(description="ships to")
    def ships_to(self, order: Order) -> str:
        return address(order.shipping_address)

    @admin.display(description="bills to")
    def bills_to(self, order: Order) -> str:
        return address(order.billing_address)

    @act(
        title="Cancel order",
        question="Stock and coupons go back at once, and whatever was paid is refunded. Of goods that were sent to be paid on "
        "delivery, book as a loss what does not come back. This cannot be undone.",
        needs=MAY_CHANGE,
        icon="cancel",
        form=ReasonForm,
        when=lambda order: order.status in CANCELLABLE,
    )
    def cancel(self, request: HttpRequest, order: Order, asked: dict) -> str:
        actor = actor_of(request) if is_of(order, actor_of(request)) else stepped_up(request)
        cancel_order(order_id=order.pk, by=actor, reason=asked["reason"])
        return f"{order.number} is cancelled."

    @act(
        title="Write a note",
        question="A note is kept for good. Unless told otherwise, staff alone read it.",
        needs=MAY_NOTE,
        icon="edit_note",
        form=NoteForm,
    )
    def write_note(self, request: HttpRequest, order: Order, asked: dict) -> None:
        who = doer(actor_of(request), otherwise="customer")
        is_internal = not asked["is_visible"]
        OrderNote.objects.create(
            order=order, by=who.role, by_user=who.user_id, text=asked["text"], is_internal=is_internal
        )

    @admin.action(description="Export the selected as CSV", permissions=["view"])
    def export(self, request: HttpRequest, orders: QuerySet) -> StreamingHttpResponse:
        headers = {"Content-Disposition": 'attachment; filename="orders.csv"'}
        return StreamingHttpResponse(csv_of(orders), content_type="text/csv; charset=utf-8", headers=headers)
