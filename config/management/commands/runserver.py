"""Django's development server for HTTP; it says how to run the rest."""

from django.conf import settings
from django.contrib.staticfiles.management.commands.runserver import Command as RunserverCommand

from config import embedded

WEBHOOKS = "/api/v1/payments/webhooks/stripe"


class Command(RunserverCommand):
    help = "Serves HTTP for development, reloading on changes. `manage.py up` runs everything."
    default_port = str(settings.PORT)

    def on_bind(self, server_port: int) -> None:
        super().on_bind(server_port)
        if settings.STRIPE_STANDIN:
            embedded.stripe_webhooks_to(f"http://127.0.0.1:{server_port}{WEBHOOKS}")
        self.stdout.write(
            f"Websockets are served by another process, at {settings.PUBLIC_WS_URL}/ws/v1/…: "
            f"uvicorn config.asgi:application --port {settings.WS_PORT}\n"
            "Jobs and events need the worker: python manage.py worker"
        )
