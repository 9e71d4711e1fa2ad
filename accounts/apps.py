from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, roles, sessions, sellers and addresses: the lowest domain."""

    name = "accounts"

    def ready(self) -> None:
        import_module(f"{self.name}.receivers")
        import_module(f"{self.name}.openapi")
