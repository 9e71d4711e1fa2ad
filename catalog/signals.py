"""What the catalogue announces; sent inside the transaction, so a receiver that writes rows joins it."""

from django.dispatch import Signal

product_published = Signal()  # product: it became active, by creation or later
price_changed = Signal()  # variant, old: Money, new: Money
back_in_stock = Signal()  # variant (with product and seller loaded): for sale, and available again
stock_low = (
    Signal()
)  # change: LevelChange that fell to its threshold; leave by a job, for the stock is locked
