"""Regenerates `docs/reference.md`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.openapi.reference import written


class Command(BaseCommand):
    help = "Writes docs/reference.md from the code: operations, pages, commands, events, error codes."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        Path(settings.BASE_DIR, "docs", "reference.md").write_text(written())
