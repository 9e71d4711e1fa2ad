"""Invoices and credit notes: each issued once, numbered without gaps, drawn from the order's frozen lines."""

from typing import Any

from django.conf import settings
from django.db import connection, transaction

from orders.errors import NotInvoiced
from orders.models import Document, Order

Kind = Document.Kind
# One statement creates the row if necessary and locks it until the commit.
COUNT = """
INSERT INTO orders_documentcounter (series, last) VALUES (%s, 1)
ON CONFLICT (series) DO UPDATE SET last = orders_documentcounter.last + 1 RETURNING last
"""


@transaction.atomic
def issue_invoice(*, order_id: int) -> Document:
    """The order's invoice, issued now unless it exists. Raises NotInvoiced before the payment.

    Locks the order, then the counter: call it in its own transaction, because all other invoices wait for the counter.
    """
    order = Order.objects.locked().get(pk=order_id)
    invoice = Document.objects.filter(order=order, kind=Kind.INVOICE).first()
    if invoice is not None:
        return invoice
    if not order.is_paid:
        raise NotInvoiced
    return issue(order, Kind.INVOICE, amount=order.total_amount, data=letterhead(order))


@transaction.atomic
def issue_credit_note(*, order_id: int, reference: str, amount: int, reason: str) -> Document:
    """A credit note for a refund of `amount` (minor units). `reference` names the refund; a repeat gives the same note.

    Locks as `issue_invoice`, which it calls first: a credit note needs an invoice.
    """
    invoice = issue_invoice(order_id=order_id)
    note = Document.objects.filter(order=order_id, kind=Kind.CREDIT_NOTE, reference=reference).first()
    if note is not None:
        return note
    data = {"issuer": invoice.data["issuer"], "invoice": invoice.number, "reason": reason}
    return issue(invoice.order, Kind.CREDIT_NOTE, amount=amount, data=data, reference=reference)


@transaction.atomic
def reverse_credit_note(*, order_id: int, reference: str, reason: str) -> Document | None:
    """A debit note for the whole credit note of a failed refund; None without one. A repeat returns the same note.

    Locks as `issue_invoice`.
    """
    order = Order.objects.locked().get(pk=order_id)
    papers = {one.kind: one for one in Document.objects.filter(order=order, reference=reference)}
    note = papers.get(Kind.CREDIT_NOTE)
    if note is None or Kind.DEBIT_NOTE in papers:
        return papers.get(Kind.DEBIT_NOTE)
    data = note.data | {"reverses": note.number, "reason": reason}
    return issue(order, Kind.DEBIT_NOTE, amount=note.amount, data=data, reference=reference)


def issue(order: Order, kind: str, *, amount: int, data: dict[str, Any], reference: str = "") -> Document:
    """Needs the order's lock."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [kind])
        (sequence,) = cursor.fetchone()
    return Document.objects.create(
        kind=kind,
        sequence=sequence,
        order=order,
        reference=reference,
        amount=amount,
        currency=order.currency,
        data=data,
    )


def letterhead(order: Order) -> dict[str, Any]:
    names = order.parts.values_list("pk", "seller__name")  # type: ignore[attr-defined]
    return {"issuer": settings.INVOICE_ISSUER, "sellers": {str(part): name for part, name in names}}
