from dataclasses import dataclass

from config.shared.events.declared import Event


@dataclass(frozen=True, kw_only=True)
class OrderRefunded(Event, type="order.refunded", stream="orders"):
    """Money of an order went back; `refund_status` is `partial` or `full`. No amount: sellers share orders."""

    order: str
    refund: str
    refund_status: str


@dataclass(frozen=True, kw_only=True)
class OrderDisputed(Event, type="order.disputed", stream="orders"):
    """A customer's bank disputes a payment: `status` is `inquiry`, `open`, `won`, `lost` or `closed`."""

    order: str
    dispute: str
    status: str
