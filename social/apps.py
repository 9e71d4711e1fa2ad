from importlib import import_module

from django.apps import AppConfig

from config.shared import registry


class SocialConfig(AppConfig):
    """Follows, feed, reviews and notifications."""

    name = "social"
    verbose_name = "Social"

    def ready(self) -> None:
        import_module(f"{self.name}.receivers")
        privacy = import_module(f"{self.name}.services.privacy")
        registry.EXPORTERS[self.name] = privacy.export_user
        registry.ERASERS[self.name] = privacy.erase_user
        registry.VERIFIERS[self.name] = import_module(f"{self.name}.integrity").verify
