"""Removes what has outlived its use; the worker does the same once a day."""

from typing import Any

from django.core.management.base import BaseCommand

from config.shared.registry import PRUNERS


class Command(BaseCommand):
    help = "Removes old events, idempotency keys, sessions and guests' carts beyond their retention."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in sorted(PRUNERS):
            self.stdout.write(f"{name}: {PRUNERS[name]()} removed")
