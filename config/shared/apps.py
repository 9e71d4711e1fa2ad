from importlib import import_module

from django.apps import AppConfig


class SharedConfig(AppConfig):
    """What every domain stands on; imports no domain."""

    name = "config.shared"
    label = "shared"
    verbose_name = "Event log and idempotency"

    def ready(self) -> None:
        import_module(f"{self.name}.receivers")
