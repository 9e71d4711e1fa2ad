"""Rebuilds what search reads: after a change of SEARCH_LANGUAGE, or when in doubt."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog.management.progress import Progress
from catalog.models import Product
from catalog.search import upkeep


class Command(BaseCommand):
    help = "Builds every search entry, the vocabulary and the business order anew; the shop stays open meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        with Progress(self.stderr, "products indexed", Product.objects.count()) as progress:
            upkeep.rebuild(report=progress.reach)
