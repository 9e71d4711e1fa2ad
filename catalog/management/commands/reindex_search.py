"""Rebuilds the search index: after a change of SEARCH_LANGUAGE, or when in doubt."""

from typing import Any

from catalog.models import Product
from catalog.search import upkeep
from config.shared.commands import OperatorCommand, Outcome


class Command(OperatorCommand):
    help = "Builds every search entry, the vocabulary and the business order anew; the shop stays open meanwhile."

    def perform(self, *, dry_run: bool, **options: Any) -> Outcome:
        total = Product.objects.count()
        if dry_run:
            return {"would_index": total}
        with self.progress("products indexed", total) as progress:
            upkeep.rebuild(report=progress.reach)
        return {"indexed": total}
