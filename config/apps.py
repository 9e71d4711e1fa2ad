from importlib import import_module

from django.apps import AppConfig

from config.shared import registry, telemetry


class ConfigApp(AppConfig):
    """The wiring, and the commands that span apps."""

    name = "config"
    verbose_name = "Souk"

    def ready(self) -> None:
        registry.VERIFIERS["cache"] = verify_cache
        telemetry.start()


def verify_cache():  # type: ignore[no-untyped-def]
    """Imports late, because the module reads models, which are not loaded yet."""
    return import_module("config.verification").verify_cache()
