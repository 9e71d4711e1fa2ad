from django.apps import AppConfig


class SharedConfig(AppConfig):
    """What every domain stands on; imports no domain."""

    name = "config.shared"
    label = "shared"
    verbose_name = "Event log and idempotency"
