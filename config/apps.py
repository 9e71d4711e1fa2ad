from django.apps import AppConfig


class ConfigApp(AppConfig):
    """The wiring and the commands that span apps."""

    name = "config"
    verbose_name = "Souk"
