from dataclasses import dataclass

from config.shared.events.declared import Event


@dataclass(frozen=True, kw_only=True)
class OrderRefunded(Event, type="order.refunded", stream="orders"):
    """Money of an order went back; `refund_status` is `partial` or `full`. No amount: sellers share orders."""

    order: str
    refund: str
    refund_status: str
