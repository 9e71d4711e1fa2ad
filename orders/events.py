"""What the order stream tells: ids and states only."""

from dataclasses import dataclass

from config.shared.events.declared import Event


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event, type="order.placed", stream="orders"):
    order: str
    number: str
    status: str


@dataclass(frozen=True, kw_only=True)
class OrderStatusChanged(Event, type="order.status_changed", stream="orders"):
    """The order's status changed (`part` null), or that of one seller's part."""

    order: str
    number: str
    status: str
    previous_status: str
    part: str | None = None
    part_status: str | None = None


@dataclass(frozen=True, kw_only=True)
class OrderShipped(Event, type="order.shipped", stream="orders"):
    order: str
    number: str
    part: str
    shipment: str
    part_status: str
