from importlib import import_module

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Cart, checkout, shipping, tax, coupons and fulfilment."""

    name = "orders"
    verbose_name = "Orders"

    def ready(self) -> None:
        import_module(f"{self.name}.receivers")
