from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from catalog.management.commands.import_products import shop
from catalog.models import Variant
from catalog.transfer.exporting import export_csv
from config.shared.commands import CommandError, OperatorCommand, Outcome


class Command(OperatorCommand):
    help = (
        "Writes a shop's products as CSV to standard output, or to a file; with --json, which needs --output, tells "
        "afterwards what was written."
    )
    writes = False

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--seller", required=True, help="The shop's slug.")
        parser.add_argument(
            "--format", choices=["souk", "shopify"], default="souk", help="Which columns (default souk)."
        )
        parser.add_argument("--output", type=Path, help="The file to write, in place of standard output.")

    def perform(self, *, output: Path | None, **options: Any) -> Outcome:
        if self.is_json and output is None:
            raise CommandError("--json needs --output: standard output has the products.")
        seller = shop(options["seller"])
        lines = export_csv(seller_id=seller.pk, format_=options["format"])
        if output is None:
            for line in lines:
                self.stdout.write(line, ending="")
            return {}
        total = Variant.objects.live().filter(seller=seller).count()
        try:
            with output.open("w", newline="") as file, self.progress("rows", total) as progress:
                for number, line in enumerate(lines):
                    file.write(line)
                    progress.reach(number)
        except OSError as problem:
            raise CommandError(str(problem)) from None
        return {"file": str(output), "rows": number}
