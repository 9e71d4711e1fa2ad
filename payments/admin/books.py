"""The ledger, and sellers' payouts."""

import uuid
from contextlib import suppress

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from rest_framework.exceptions import APIException
from unfold.admin import TabularInline
from unfold.decorators import action

from accounts.desk import stepped_up
from config.shared.admin import ActForm, ReadOnly, ReadOnlyAdmin, act, recent_values, tagged
from config.shared.admin.acts import ask, refuse
from config.shared.admin.money import column
from payments import gateway, services
from payments.errors import StripeDown
from payments.models import LedgerEntry, LedgerTransaction, Payout, PayoutAccount

MAY_RUN, MAY_CHANGE = "payments.add_payout", "payments.change_payout"
AT_STRIPE = 25.0  # seconds that a page may wait for Stripe
REASONS = {
    "below_minimum": "less than the minimum",
    "seller_suspended": "the shop is suspended",
    "onboarding_incomplete": "the account at Stripe is not complete",
}


class EntryInline(ReadOnly, TabularInline):
    model = LedgerEntry
    fields = ["account", "seller", "order", "sum"]
    readonly_fields = ["sum"]
    extra = 0
    sum = column("amount")


@admin.register(LedgerTransaction)
class LedgerTransactionAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "reference", "order", "note", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["order"]
    search_fields = ["reference__exact", "order__number__exact"]
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    inlines = [EntryInline]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ["id", "account", "seller", "order", "sum", "transaction", "created_at"]
    list_filter = ["account", recent_values("currency")]
    list_select_related = ["seller", "order", "transaction"]
    search_fields = ["order__number__exact", "seller__slug__exact"]
    search_help_text = "A whole order number, or a shop's slug."
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    sum = column("amount")


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    list_display = ["id", "seller", "method", "state", "sum", "failure_code", "created_at"]
    list_filter = ["status", "method", recent_values("currency")]
    list_select_related = ["seller"]
    search_fields = ["seller__slug__exact", "provider_reference__exact"]
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    exclude = ["token", "leased_until"]
    actions_list = ["run"]
    actions_detail = ["paid", "retry", "cancel"]
    state, sum = tagged("status"), column("amount")

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_RUN)

    @action(description="Pay out", permissions=["run"], icon="payments")
    def run(self, request: HttpRequest) -> HttpResponse:
        """Shows what a run would do; the button carries it out."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ActForm(request.POST if request.method == "POST" else None, row=None)
        if request.method == "POST" and form.is_valid() and (done := self.carry_out(request, form)):
            return done
        payouts, skipped = services.run_payouts(batch=uuid.uuid4(), dry_run=True)
        rows = [[payout.seller.name, payout.method, str(payout.money), "is paid out"] for payout in payouts]
        rows += [
            [plan.account.seller.name, plan.account.method, str(plan.money), REASONS[plan.reason]]
            for plan in skipped
        ]
        return ask(
            self.admin_site,
            request,
            title="Pay out",
            question="What is available goes to the sellers: at once to those with an account at Stripe, to others by "
            "bank transfer, for which the payout then waits.",
            form=form,
            back=reverse("admin:payments_payout_changelist"),
            opts=self.opts,
            table={"headers": ["Shop", "Way", "Amount", "What happens"], "rows": rows},
        )

    def carry_out(self, request: HttpRequest, form: ActForm) -> HttpResponse | None:
        """Uses the form's key as the batch: a form sent twice finds nothing available the second time."""
        try:
            stepped_up(request)
            payouts, _ = services.run_payouts(batch=form.cleaned_data["once"])
        except APIException as refusal:
            return refuse(request, form, refusal)
        messages.success(request, f"{len(payouts)} payouts were made.")
        return HttpResponseRedirect(reverse("admin:payments_payout_changelist"))

    @act(
        title="Transfer was made",
        question="Says that the bank transfer of this payout has left.",
        needs=MAY_CHANGE,
        icon="check_circle",
        when=lambda payout: payout.method == Payout.Method.MANUAL and payout.status == Payout.Status.PENDING,
    )
    def paid(self, request: HttpRequest, payout: Payout, asked: dict) -> None:
        stepped_up(request)
        services.mark_payout_paid(payout_id=payout.pk)

    @act(
        title="Try again",
        question="Asks Stripe again. Nothing is ever paid twice.",
        needs=MAY_CHANGE,
        icon="replay",
        when=lambda payout: payout.method == Payout.Method.STRIPE and payout.status in Payout.UNSENT,
        in_transaction=False,
    )
    def retry(self, request: HttpRequest, payout: Payout, asked: dict) -> str:
        stepped_up(request)
        with gateway.acting(AT_STRIPE), suppress(StripeDown):  # a job will send it
            payout = services.send_payout(payout_id=payout.pk)
        return f"The payout is {payout.status}."

    @act(
        title="Cancel payout",
        question="The money is the seller's balance again; one that was sent turns out paid instead.",
        needs=MAY_CHANGE,
        icon="cancel",
        when=lambda payout: payout.status in Payout.UNSENT,
        in_transaction=False,
    )
    def cancel(self, request: HttpRequest, payout: Payout, asked: dict) -> str:
        stepped_up(request)
        with gateway.acting(AT_STRIPE):
            payout = services.cancel_payout(payout_id=payout.pk)
        return f"The payout is {payout.status}."


@admin.register(PayoutAccount)
class PayoutAccountAdmin(ReadOnlyAdmin):
    list_display = ["seller", "provider_reference", "payouts_enabled", "details_submitted"]
    list_filter = ["payouts_enabled"]
    list_select_related = ["seller"]
    search_fields = ["seller__slug__exact", "provider_reference__exact"]
    exclude = ["token"]
