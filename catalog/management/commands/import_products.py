from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from rest_framework.exceptions import APIException

from accounts.models import Seller
from catalog.models import ProductImport
from catalog.transfer.importing import import_file
from config.shared.commands import CommandError, OperatorCommand, Outcome

COUNTS = ("created", "updated", "unchanged", "failed")


class Command(OperatorCommand):
    help = "Imports a CSV file of products (Souk's columns or Shopify's) into a shop; again changes nothing."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The CSV file.")
        parser.add_argument("--seller", required=True, help="The shop's slug.")

    def perform(self, *, file: Path, dry_run: bool, **options: Any) -> Outcome:
        seller = shop(options["seller"])
        try:
            with file.open("rb") as content, self.progress("products", 1) as progress:
                job = import_file(
                    seller=seller,
                    file=content,
                    filename=file.name,
                    dry_run=dry_run,
                    actor="command",
                    watch=lambda job: watch(progress, job),
                )
        except (OSError, APIException) as problem:
            raise CommandError(str(problem)) from None
        counts = {name: getattr(job, f"{name}_count") for name in COUNTS}
        return {
            "import": str(job.pk),
            "status": job.status,
            "dry_run": dry_run,
            **counts,
            "errors": job.errors,
        }

    def lines(self, outcome: Outcome) -> Iterable[str]:
        for error in outcome["errors"]:
            self.stderr.write(f"line {error['line']}: {error['column']}: {error['detail']}")
        yield ", ".join(f"{outcome[name]} {name}" for name in COUNTS)

    def has_failed(self, outcome: Outcome) -> bool:
        return bool(outcome["failed"]) or outcome["status"] == ProductImport.Status.FAILED


def watch(progress: Any, job: ProductImport) -> None:
    """The total is known only once the file is staged."""
    progress.total = max(1, job.total)
    progress.reach(job.done_products)


def shop(slug: str) -> Seller:
    seller = Seller.objects.filter(slug=slug).first()
    if seller is None:
        raise CommandError(f"There is no shop {slug}.")
    return seller
