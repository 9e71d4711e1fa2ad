from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Seller
from catalog.transfer.exporting import export_csv


class Command(BaseCommand):
    help = "Writes a shop's products as CSV to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seller", required=True, help="the shop's slug")
        parser.add_argument("--format", choices=["souk", "shopify"], default="souk")

    def handle(self, *args: Any, **options: Any) -> None:
        seller = Seller.objects.filter(slug=options["seller"]).first()
        if seller is None:
            raise CommandError(f"There is no shop {options['seller']}.")
        for line in export_csv(seller_id=seller.pk, format_=options["format"]):
            self.stdout.write(line, ending="")
