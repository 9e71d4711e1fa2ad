"""What the order stream announces: ids and states only."""

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
class OrderClaimed(Event, type="order.claimed", stream="orders"):
    """A guest's order became the user's, after the user verified the order's e-mail address."""

    order: str
    number: str
    status: str


@dataclass(frozen=True, kw_only=True)
class OrderShipped(Event, type="order.shipped", stream="orders"):
    order: str
    number: str
    part: str
    shipment: str
    part_status: str


@dataclass(frozen=True, kw_only=True)
class ItemsRemoved(Event, type="order.items_removed", stream="orders"):
    """A seller took units out of their part before shipping them."""

    order: str
    number: str
    part: str


@dataclass(frozen=True, kw_only=True)
class ReturnChanged(Event, type="order.return_changed", stream="orders"):
    """A return was requested or changed its status."""

    order: str
    number: str
    part: str
    return_id: str
    status: str
