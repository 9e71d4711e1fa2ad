"""What social announces, inside the transaction in which it happens."""

from django.dispatch import Signal

# A shop has news that its followers have not been told. Sends seller_id: int.
news_posted = Signal()
# Somebody waits for a product, or what they wait for may have come. Sends product_id: int.
watch_due = Signal()
