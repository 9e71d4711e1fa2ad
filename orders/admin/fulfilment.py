"""Parts of orders, parcels, returns and carts."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.desk import actor_of, stepped_up
from config.shared.admin import ActForm, ReadOnly, ReadOnlyAdmin, act, tagged
from config.shared.admin.money import column
from orders import services
from orders.admin.orders import MAY_CHANGE, ItemSection, ReasonForm
from orders.models import Cart, CartItem, OrderPart, Return, ReturnItem, Shipment, ShipmentItem
from orders.services.fulfilment import STEPS


class WordForm(ActForm):
    note = forms.CharField(
        required=False, max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


@admin.register(OrderPart)
class OrderPartAdmin(ReadOnlyAdmin):
    list_display = ["order", "seller", "state", "sum", "created_at"]
    list_filter = ["status"]
    list_select_related = ["order", "seller"]
    search_fields = ["order__number__exact"]
    search_help_text = "A whole order number."
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    inlines = [ItemSection]
    actions_detail = ["cancel"]
    state, sum = tagged("status"), column("total_amount", "total")

    @act(
        title="Cancel this part",
        question="The part's stock goes back, and its share of what was paid is refunded. This cannot be undone.",
        needs=MAY_CHANGE,
        icon="cancel",
        form=ReasonForm,
        when=lambda part: part.status in STEPS["cancel"],
    )
    def cancel(self, request: HttpRequest, part: OrderPart, asked: dict) -> None:
        services.cancel_part(part_id=part.pk, by=stepped_up(request), reason=asked["reason"])


class ShipmentItemInline(ReadOnly, TabularInline):
    model = ShipmentItem


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    list_display = ["id", "part", "carrier", "tracking_number", "created_at"]
    list_select_related = ["part"]
    search_fields = ["tracking_number__exact", "part__order__number__exact"]
    date_hierarchy = "created_at"
    inlines = [ShipmentItemInline]


class ReturnItemInline(ReadOnly, TabularInline):
    model = ReturnItem


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    list_display = ["id", "order", "part", "state", "back", "created_at"]
    list_filter = ["status"]
    list_select_related = ["order", "part"]
    search_fields = ["order__number__exact"]
    date_hierarchy = "created_at"
    inlines = [ReturnItemInline]
    actions_detail = ["approve", "reject"]
    state, back = tagged("status"), column("refund_amount")

    @act(
        title="Approve return",
        question="The customer is told to send the goods; money goes back when the seller has received them.",
        needs=MAY_CHANGE,
        icon="check_circle",
        form=WordForm,
        when=lambda returned: "approve" in returned.allowed,
    )
    def approve(self, request: HttpRequest, returned: Return, asked: dict) -> None:
        services.approve_return(return_id=returned.pk, by=actor_of(request), reason=asked["note"])

    @act(
        title="Reject return",
        question="The customer is told why.",
        needs=MAY_CHANGE,
        icon="cancel",
        form=WordForm,
        when=lambda returned: "reject" in returned.allowed,
    )
    def reject(self, request: HttpRequest, returned: Return, asked: dict) -> None:
        services.reject_return(return_id=returned.pk, by=actor_of(request), reason=asked["note"])


class CartItemInline(ReadOnly, TabularInline):
    model = CartItem


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "currency", "updated_at"]
    list_select_related = ["user"]
    search_fields = ["user__email__exact"]
    exclude = ["token_digest"]
    inlines = [CartItemInline]
