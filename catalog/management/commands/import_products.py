from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework.exceptions import APIException

from accounts.models import Seller
from catalog.transfer.importing import create_import, run_import


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
            content = options["file"].read_bytes()
            values = {"filename": options["file"].name, "dry_run": options["dry_run"], "actor": "command"}
            job = create_import(seller=seller, content=content, **values)
        except (OSError, APIException) as problem:
            raise CommandError(str(problem)) from None
        run_import(import_id=job.pk)
        self.report(job)

    def report(self, job: Any) -> None:
        job.refresh_from_db()
        for error in job.errors:
            self.stderr.write(f"line {error['line']}: {error['column']}: {error['detail']}")
        counts = ("created", "updated", "unchanged", "failed")
        self.stdout.write(", ".join(f"{getattr(job, f'{name}_count')} {name}" for name in counts))
        if job.failed_count or job.status == "failed":
            raise CommandError("Some products were not imported.")
