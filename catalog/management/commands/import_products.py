from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework.exceptions import APIException

from accounts.models import Seller
from catalog.models import ProductImport
from catalog.transfer.importing import import_file

WIDTH = 40


class Command(BaseCommand):
    help = "Imports a CSV file of products (Souk's columns or Shopify's) into a shop; again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--seller", required=True, help="the shop's slug")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        seller = Seller.objects.filter(slug=options["seller"]).first()
        if seller is None:
            raise CommandError(f"There is no shop {options['seller']}.")
        try:
            with options["file"].open("rb") as file:
                job = import_file(
                    seller=seller,
                    file=file,
                    filename=options["file"].name,
                    dry_run=options["dry_run"],
                    actor="command",
                    watch=self.show,
                )
        except (OSError, APIException) as problem:
            raise CommandError(str(problem)) from None
        self.report(job)

    def show(self, job: ProductImport) -> None:
        """A bar on a terminal, nothing in a pipe."""
        if self.stderr.isatty():
            done = WIDTH * job.done_products // max(job.total, 1)
            bar = "#" * done + "." * (WIDTH - done)
            self.stderr.write(f"\r[{bar}] {job.done_products}/{job.total}", ending="")
            self.stderr.write("\n" if job.done_products == job.total else "", ending="")

    def report(self, job: ProductImport) -> None:
        for error in job.errors:
            self.stderr.write(f"line {error['line']}: {error['column']}: {error['detail']}")
        counts = ("created", "updated", "unchanged", "failed")
        self.stdout.write(", ".join(f"{getattr(job, f'{name}_count')} {name}" for name in counts))
        if job.failed_count or job.status == "failed":
            raise CommandError("Some products were not imported.")
