"""Social's signals, sent inside the transaction of the change."""

from django.dispatch import Signal

# A shop has news that its followers have not been told yet. Sends seller_id: int.
news_posted = Signal()
# A user watches a product, or an awaited change may have happened. Sends product_id: int.
watch_due = Signal()
