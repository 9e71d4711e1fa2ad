"""The catalogue's signals, sent inside the transaction, so that rows written by receivers join it."""

from dataclasses import dataclass

from django.dispatch import Signal

from catalog.models import Variant
from config.shared.money import Money


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A shown price before and after a change."""

    variant: Variant  # with product and seller loaded
    old: Money
    new: Money


products_published = Signal()  # products (of one seller) that became active, on creation or later
prices_changed = Signal()  # moves: list[PriceMove]
back_in_stock = Signal()  # variant (product and seller loaded): for sale, and available again
stock_low = (
    Signal()
)  # change: LevelChange that fell to its threshold; react in a job, because the stock is locked
