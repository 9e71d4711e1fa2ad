from importlib import import_module

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Products, variants, categories, brands and stock."""

    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        import_module(f"{self.name}.receivers")
        import_module(f"{self.name}.verification")
