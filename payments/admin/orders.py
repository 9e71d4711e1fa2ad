"""An order's money on its page, and the actions on it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.desk import stepped_up
from config.shared.admin import ActForm, act, link_to
from config.shared.admin.money import AmountField, amount_in, column, shown
from config.shared.money import Money
from orders.admin.orders import OrderAdmin as PlainOrderAdmin
from orders.admin.orders import Section
from orders.models import Order
from payments import services
from payments.models import LedgerEntry, Payment, Refund

MAY_REFUND = "payments.add_refund"
MAY_SETTLE = "payments.change_payment"


class PaymentSection(Section):
    model = Payment
    verbose_name_plural = "payments"
    fields = [
        "provider",
        "method",
        "status",
        "sum",
        "back",
        "provider_reference",
        "failure_code",
        "created_at",
    ]
    readonly_fields = ["sum", "back", "created_at"]
    sum, back = column("amount"), column("refund_amount", "refunded")


class LedgerSection(Section):
    model = LedgerEntry
    verbose_name_plural = "ledger"
    fields = ["transaction", "account", "seller", "sum", "created_at"]
    readonly_fields = ["transaction", "sum", "created_at"]
    sum = column("amount")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("transaction", "seller")


class RefundForm(ActForm):
    """Without an amount, all that is left is refunded."""

    amount = AmountField(required=False)
    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = left_of(self.row)
        self.fields[
            "amount"
        ].help_text = (
            f"In {self.row.currency}, at most {shown(left, self.row.currency)}; empty gives all of it back."
        )

    def clean_amount(self) -> Money | None:
        text = self.cleaned_data["amount"]
        return Money(amount_in(text, self.row.currency, least=1), self.row.currency) if text else None


def payments_of(order: Order) -> Any:
    return Payment.objects.filter(order=order)


def left_of(order: Order) -> int:
    rows = payments_of(order).refundable().filter(is_surplus=False)
    return sum(payment.left_amount for payment in rows)


def waiting_of(order: Order) -> Payment | None:
    """The manual payment whose money has not arrived."""
    rows = payments_of(order).open().filter(provider=Payment.Provider.MANUAL)
    return rows.order_by("pk").first()


admin.site.unregister(Order)


@admin.register(Order)
class OrderAdmin(PlainOrderAdmin):
    inlines = [*PlainOrderAdmin.inlines[:2], PaymentSection, *PlainOrderAdmin.inlines[2:], LedgerSection]
    fieldsets = [
        *PlainOrderAdmin.fieldsets[:1],
        ("Money", {"classes": ["tab"], "fields": ["amounts", "taken_off", "refund_list"]}),
        *PlainOrderAdmin.fieldsets[2:],
    ]
    readonly_fields = [*PlainOrderAdmin.readonly_fields, "refund_list"]
    actions_detail = ["refund", "settle", *PlainOrderAdmin.actions_detail]

    @admin.display(description="refunds")
    def refund_list(self, order: Order) -> str:
        refunds = Refund.objects.filter(payment__order=order).order_by("pk")
        rows = [(link_to(refund, str(refund.money)), refund.status, refund.why) for refund in refunds]
        return format_html_join("", "<div>{} {}: {}</div>", rows) or "none"

    @act(
        title="Refund",
        question="Money goes back the way it came. What was given back cannot be taken again.",
        needs=MAY_REFUND,
        icon="undo",
        form=RefundForm,
        when=left_of,
    )
    def refund(self, request: HttpRequest, order: Order, asked: dict) -> str:
        stepped_up(request)
        refund = services.ask_refund(
            order_id=order.pk,
            seller_id=None,
            amount=asked["amount"],
            items={},
            reason=asked["reason"],
            begin=lambda refund_id: None,
        )
        return f"{refund.money} go back to the customer."

    @act(
        title="Settle",
        question="Says that the money of the manual payment is here: the order counts as paid.",
        needs=MAY_SETTLE,
        icon="price_check",
        when=waiting_of,
    )
    def settle(self, request: HttpRequest, order: Order, asked: dict) -> None:
        stepped_up(request)
        if payment := waiting_of(order):
            services.settle_payment(payment_id=payment.pk, by=request.user)
