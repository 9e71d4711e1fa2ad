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
        retention = import_module(f"{self.name}.services.retention")
        registry.PRUNERS["notifications"] = retention.prune_notifications
        registry.PRUNERS["posts"] = retention.prune_posts
        registry.VERIFIERS[self.name] = import_module(f"{self.name}.integrity").verify
