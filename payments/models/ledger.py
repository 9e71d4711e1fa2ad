from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Seller
from config.shared import staff
from config.shared.actor import Actor
from config.shared.money import Money
from orders.models import Order, OrderPart
from payments.models.payment import Payment
from payments.models.refund import Refund


class Account(models.TextChoices):
    """The chart of accounts (docs/decisions). Positive: owed or earned; negative: held or spent."""

    STRIPE = "stripe"
    BANK = "bank"
    BUYER_CLEARING = "buyer_clearing"
    SELLER_PAYABLE = "seller_payable"
    RESERVE = "reserve"
    PAYOUT_CLEARING = "payout_clearing"
    COMMISSION = "commission"
    COMMISSION_TAX = "commission_tax"
    SHIPPING = "shipping"
    TAX = "tax"
    STRIPE_FEES = "stripe_fees"
    DISPUTES = "disputes"
    ADJUSTMENTS = "adjustments"


class LedgerTransaction(models.Model):
    """One business event in the books. `reference` names the event, so that it is posted only once.

    `lines` is its number of entries. Written by `services.books` alone; the database rejects changes, deletions,
    missing or extra entries, and a sum other than zero in any currency.
    """

    class Kind(models.TextChoices):
        CAPTURE = "capture"
        SALE = "sale"
        FEE = "fee"
        REFUND = "refund"
        REFUND_PAID = "refund_paid"
        REFUND_FAILED = "refund_failed"
        DISPUTE = "dispute"
        DISPUTE_WON = "dispute_won"
        DISPUTE_LOST = "dispute_lost"
        PAYOUT = "payout"
        PAYOUT_PAID = "payout_paid"
        PAYOUT_CANCELLED = "payout_cancelled"
        ADJUSTMENT = "adjustment"

    kind = models.CharField(max_length=20, choices=Kind)
    reference = models.CharField(max_length=80, unique=True)
    lines = models.PositiveSmallIntegerField()
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="postings")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, blank=True, related_name="postings")
    dispute = models.ForeignKey(
        "payments.Dispute", models.PROTECT, null=True, blank=True, related_name="postings"
    )
    payout = models.ForeignKey(
        "payments.Payout", models.PROTECT, null=True, blank=True, related_name="postings"
    )
    note = models.CharField(max_length=500, blank=True)
    by_user = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "capture", "sale", "fee", "refund", "refund_paid", "refund_failed", "dispute", "dispute_won",
                        "dispute_lost", "payout", "payout_paid", "payout_cancelled", "adjustment",
                    ]
                ),
                name="ledger_transaction_kind",
            ),
            models.CheckConstraint(condition=Q(lines__gte=2), name="ledger_transaction_has_lines"),
            models.CheckConstraint(
                condition=~Q(kind="adjustment", note=""), name="ledger_adjustment_has_a_reason"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["created_at", "id"])]

    def __str__(self) -> str:
        return self.reference


class LedgerEntryQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> "LedgerEntryQuerySet":
        """Staff see all, a seller the entries posted for them."""
        if staff.may(actor, "payments.view_ledgerentry"):
            return self.all()
        return self.filter(seller_id=actor.seller_id) if actor.is_seller else self.none()


class LedgerEntry(models.Model):
    """A line of a transaction: adds `amount` to the account; seller and part of an order are set where it is theirs."""

    Account = Account

    transaction = models.ForeignKey(LedgerTransaction, models.PROTECT, related_name="entries")
    account = models.CharField(max_length=20, choices=Account)
    seller = models.ForeignKey(Seller, models.PROTECT, null=True, blank=True, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="+")
    part = models.ForeignKey(OrderPart, models.PROTECT, null=True, blank=True, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_moves_something"),
            models.CheckConstraint(
                condition=Q(
                    account__in=[
                        "stripe", "bank", "buyer_clearing", "seller_payable", "reserve", "payout_clearing",
                        "commission", "commission_tax", "shipping", "tax", "stripe_fees", "disputes", "adjustments",
                    ]
                ),
                name="ledger_entry_account",
            ),
            models.CheckConstraint(
                condition=~Q(account__in=["seller_payable", "reserve", "payout_clearing"])
                | Q(seller__isnull=False),
                name="ledger_entry_owed_to_somebody",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["created_at", "id"], name="ledger_entry_created"),
            models.Index(fields=["seller", "created_at", "id"], name="ledger_entry_of_seller"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount} {self.currency}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class LedgerClosing(models.Model):
    """The balance of a seller's account at the end of a day (UTC), in minor units; only for days with entries.

    Derived from the entries by `services.closing`; the database deletes closings that a backdated entry invalidates.
    """

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False, related_name="+")
    currency = models.CharField(max_length=3)
    account = models.CharField(max_length=20, choices=Account)
    day = models.DateField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "currency", "account", "day"], name="ledger_closing_once"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="ledger_closing_day")]

    def __str__(self) -> str:
        return f"{self.account} {self.day} {self.amount} {self.currency}"
