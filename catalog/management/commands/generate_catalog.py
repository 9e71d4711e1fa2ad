"""A catalogue of any size, for benchmarks and trials."""

from contextlib import nullcontext
from typing import Any

from django.core.management.base import CommandParser

from catalog.generation import generate
from catalog.models import Product
from catalog.search import upkeep
from config.shared.commands import OperatorCommand, Outcome, positive

MANY = 100_000  # from here on the search index is dropped during the load
TABLES = (
    "catalog_product",
    "catalog_variant",
    "catalog_stocklevel",
    "catalog_searchentry",
    "catalog_searchword",
    "catalog_brand",
    "catalog_category",
    "accounts_seller",
)


class Command(OperatorCommand):
    help = "Adds realistic products (50 categories, 100 brands, 20 shops); the same seed gives the same products."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--products", type=positive, default=10_000, help="How many to add (default 10000)."
        )
        parser.add_argument(
            "--seed", type=int, default=1, help="Another seed gives other products (default 1)."
        )

    def perform(self, *, products: int, seed: int, dry_run: bool, **options: Any) -> Outcome:
        if dry_run:
            return {"would_add": products, "there_are": Product.objects.count()}
        with upkeep.without_index() if products >= MANY else nullcontext():
            with self.progress("products", products) as progress:
                generate(products=products, seed=seed, report=progress.reach)
            self.stderr.write("Putting them in order.")
            upkeep.count_words()
            upkeep.rank()
        upkeep.run(f"ANALYZE {', '.join(TABLES)}")
        return {"added": products}
