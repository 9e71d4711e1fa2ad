from dataclasses import dataclass
from typing import Any

from config.shared.events.declared import Event


@dataclass(frozen=True, kw_only=True)
class InventoryChanged(Event, type="inventory.changed", stream="inventory"):
    """`quantity` is what can be bought now, over all locations."""

    product: str
    variant: str
    available: bool
    quantity: int


@dataclass(frozen=True, kw_only=True)
class ProductPriceChanged(Event, type="product.price_changed", stream="inventory"):
    product: str
    variant: str
    price: dict[str, Any]
    previous: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ProductHidden(Event, type="product.hidden", stream="inventory", is_last=True):
    """The product is no longer public; no event about it follows. Actors who may still see it can subscribe again."""

    product: str


@dataclass(frozen=True, kw_only=True)
class StockLow(Event, type="stock.low", stream="notifications"):
    """Sent once when a level falls to its threshold or below."""

    product: str
    variant: str
    location: str
    available: int
    threshold: int


@dataclass(frozen=True, kw_only=True)
class ImportProgress(Event, type="import.progress", stream="notifications"):
    id: str
    status: str
    done: int
    total: int
    errors: int


def product_audience(product_id: int | None) -> str:
    return f"product:{product_id}"
