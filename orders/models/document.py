from typing import Self

from django.db import models
from django.db.models.functions import Now

from config.shared.actor import Actor
from orders.models.amounts import MoneyOf, not_negative
from orders.models.order import Order


class DocumentKind(models.TextChoices):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    DEBIT_NOTE = "debit_note"


PREFIXES = {DocumentKind.INVOICE: "INV", DocumentKind.CREDIT_NOTE: "CN", DocumentKind.DEBIT_NOTE: "DN"}


class DocumentCounter(models.Model):
    """The last number given in a series. Counting locks the row until the commit, so numbers have no gaps."""

    series = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series} {self.last}"


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(order__in=Order.objects.visible_to(actor))


class Document(models.Model):
    """An invoice, a credit note for refunded money, or a debit note for a refund that the bank returned.

    Never changed; the order's frozen lines supply the rest.

    `reference` names what it is for besides the order, such as "refund:12". `data` keeps what may change later: the
    letterhead, the shops' names, a credit note's reason.
    """

    Kind = DocumentKind

    kind = models.CharField(max_length=20, choices=DocumentKind.choices)
    sequence = models.PositiveBigIntegerField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="documents")
    reference = models.CharField(max_length=40, blank=True, default="")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DocumentQuerySet.as_manager()

    total = MoneyOf("amount")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "sequence"], name="document_number"),
            models.UniqueConstraint(fields=["order", "kind", "reference"], name="document_once"),
            not_negative("document_amount", "amount"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Such as "INV-000042"."""
        return f"{PREFIXES[DocumentKind(self.kind)]}-{self.sequence:06}"

    @property
    def reverses(self) -> str | None:
        """The number of the credit note that this debit note reverses."""
        return self.data.get("reverses")
