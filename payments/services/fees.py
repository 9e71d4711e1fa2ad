"""Stripe's fee for a charge: known a moment after the success, or days after it if a bank is involved."""

import stripe
from django.db import transaction
from django.utils import timezone

from payments import gateway
from payments.intents import our_amount
from payments.models import Payment
from payments.services.intents import lock_payment
from payments.services.postings import post_fee

CHARGE = "latest_charge.balance_transaction"


def record_fee(*, payment_id: int) -> bool:
    """Reads a payment's charge and fee from Stripe; returns whether they are known. Raises StripeDown.

    Not in a transaction.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.fee_amount is not None or not payment.captured_amount:
        return payment.fee_amount is not None
    Payment.objects.filter(pk=payment_id).update(checked_at=timezone.now())
    if not payment.intent_id:
        return False
    params: stripe.params.PaymentIntentRetrieveParams = {"expand": [CHARGE]}
    intent = gateway.call(lambda client: client.v1.payment_intents.retrieve(payment.intent_id, params))
    charge = intent.to_dict().get("latest_charge") or {}
    moved = charge.get("balance_transaction") or {}
    if not isinstance(moved, dict) or "fee" not in moved:
        return False
    store_fee(
        payment_id=payment_id, charge=charge["id"], fee=moved["fee"], currency=moved["currency"].upper()
    )
    return True


@transaction.atomic
def store_fee(*, payment_id: int, charge: str, fee: int, currency: str) -> None:
    payment = lock_payment(payment_id)
    if payment.fee_amount is None:
        payment.charge_reference, payment.fee_currency = charge, currency
        payment.fee_amount = our_amount(fee, currency)
        payment.save(update_fields=["charge_reference", "fee_amount", "fee_currency"])
        post_fee(payment)
