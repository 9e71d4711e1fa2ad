"""A catalogue of any size, to measure and to try things on."""

from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from catalog.generation import generate
from catalog.management.progress import Progress
from catalog.search import upkeep

MANY = 100_000  # from here on search goes without its index until they are there
TABLES = (
    "catalog_product",
    "catalog_variant",
    "catalog_stocklevel",
    "catalog_searchentry",
    "catalog_searchword",
)


class Command(BaseCommand):
    help = "Adds realistic products (50 categories, 100 brands, 20 shops); the same seed gives the same products."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--products", type=int, default=10_000)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, products: int, seed: int, **options: Any) -> None:
        with upkeep.without_index() if products >= MANY else nullcontext():
            with Progress(self.stderr, "products", products) as progress:
                generate(products=products, seed=seed, report=progress.reach)
            self.stderr.write("Putting them in order.")
            upkeep.count_words()
            upkeep.rank()
        upkeep.run(f"ANALYZE {', '.join(TABLES)}")
