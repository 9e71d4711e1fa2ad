from importlib import import_module

from django.apps import AppConfig


class SharedConfig(AppConfig):
    """The base of all domains; imports none of them."""

    name = "config.shared"
    label = "shared"
    verbose_name = "Event log and idempotency"

    def ready(self) -> None:
        import_module(f"{self.name}.receivers")
