"""What the catalogue announces; sent inside the transaction, so a receiver that writes rows joins it."""

from dataclasses import dataclass

from django.dispatch import Signal

from catalog.models import Variant
from config.shared.money import Money


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A price as it was shown, and as it is."""

    variant: Variant  # with product and seller loaded
    old: Money
    new: Money


products_published = Signal()  # products, of one seller: they became active, by creation or later
prices_changed = Signal()  # moves: list[PriceMove]
back_in_stock = Signal()  # variant (with product and seller loaded): for sale, and available again
stock_low = (
    Signal()
)  # change: LevelChange that fell to its threshold; leave by a job, for the stock is locked
