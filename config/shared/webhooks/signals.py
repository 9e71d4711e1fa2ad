"""What the webhooks announce, inside the transaction of what happened."""

from django.dispatch import Signal

# endpoint: WebhookEndpoint, that was disabled without its owner's wish: `disabled_reason` is "failing" or "gone".
webhook_disabled = Signal()
