"""What payments announces, always inside the transaction in which it happens."""

from django.dispatch import Signal

# A refund row was written; a job must carry it out. Sends refund: Refund.
refund_requested = Signal()
# Money went back to the customer. Sends refund: Refund, order: Order.
order_refunded = Signal()
# A webhook was kept; a job must look at it. Sends event_id: int, the row's primary key.
event_received = Signal()
