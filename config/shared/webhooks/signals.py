"""Signals of the webhooks, sent inside the transaction of what happened."""

from django.dispatch import Signal

# endpoint: a WebhookEndpoint that was disabled, not by its owner: `disabled_reason` is "failing" or "gone".
webhook_disabled = Signal()
