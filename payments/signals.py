"""What payments announces, always inside the transaction of the event."""

from django.dispatch import Signal

# Money came in. Sends payment: Payment.
payment_captured = Signal()
# The bank or card network declined. Sends payment: Payment, with failure_code, order loaded.
payment_failed = Signal()
# A refund was requested; a job must carry it out. Sends refund: Refund.
refund_requested = Signal()
# Money went back to the customer. Sends refund: Refund, order: Order.
order_refunded = Signal()
# The bank returned a refund, or it was refused. Sends refund: Refund.
refund_failed = Signal()
# A webhook was stored; a job must process it. Sends event_id: int, the row's primary key.
event_received = Signal()
# A payout through Stripe was made; a job must send it. Sends payout: Payout.
payout_requested = Signal()
# A payout was sent or cancelled. Sends payout: Payout, with status "paid" or "cancelled", seller loaded.
payout_ended = Signal()
# A dispute was opened, changed or closed. Sends dispute: Dispute, order: Order.
dispute_changed = Signal()
# A user with saved cards was erased; a job must delete the cards. Sends reference: str, the customer's at Stripe.
customer_forgotten = Signal()
