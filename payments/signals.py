"""What payments announces, always inside the transaction in which it happens."""

from django.dispatch import Signal

# Money came in. Sends payment: Payment.
payment_captured = Signal()
# The bank or card network said no. Sends payment: Payment, with failure_code, order loaded.
payment_failed = Signal()
# A refund row was written; a job must carry it out. Sends refund: Refund.
refund_requested = Signal()
# Money went back to the customer. Sends refund: Refund, order: Order.
order_refunded = Signal()
# The bank returned a refund, or it came to nothing. Sends refund: Refund.
refund_failed = Signal()
# A webhook was kept; a job must look at it. Sends event_id: int, the row's primary key.
event_received = Signal()
# A payout was made that Stripe carries out; a job must ask it. Sends payout: Payout.
payout_requested = Signal()
# A payout has left, or has come to nothing. Sends payout: Payout, with status "paid" or "cancelled", seller loaded.
payout_ended = Signal()
# A dispute was opened, changed or closed. Sends dispute: Dispute, order: Order.
dispute_changed = Signal()
# A user who had saved cards was erased; a job must delete them. Sends reference: str, the customer's at Stripe.
customer_forgotten = Signal()
