"""Posts payments that are missing in the ledger, such as those from before it existed; finds nothing once done."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from payments.models import LedgerTransaction, Payment, Refund
from payments.services.books import Kind, dated
from payments.services.intents import lock_payment
from payments.services.postings import post_capture, post_refund, post_refund_paid, post_sale_of

BATCH = 200


def unposted() -> list[int]:
    captured = LedgerTransaction.objects.filter(payment=OuterRef("pk"), kind=Kind.CAPTURE)
    rows = Payment.objects.filter(~Exists(captured), captured_amount__gt=0).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def post_missing(payment_id: int) -> None:
    """Posts capture, sale and refunds of one payment as they would have been posted, with their dates."""
    payment = lock_payment(payment_id)
    if payment.postings.exists():  # type: ignore[attr-defined]
        return
    with dated(payment.succeeded_at or payment.created_at):
        post_capture(payment)
        if payment.order.is_paid and not payment.is_surplus:
            post_sale_of(payment)
    refunds = Refund.objects.filter(payment=payment).exclude(status=Refund.Status.FAILED)
    for refund in refunds.select_related("payment").order_by("pk"):
        with dated(refund.finished_at or refund.created_at):
            post_refund(refund)
            if refund.status == Refund.Status.SUCCEEDED:
                post_refund_paid(refund)
