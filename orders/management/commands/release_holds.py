from typing import Any

from django.core.management.base import BaseCommand

from orders.services import expire_due_orders


class Command(BaseCommand):
    help = "Expires unpaid orders whose hold has run out, now instead of within a minute."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{expire_due_orders()} orders expired.")
