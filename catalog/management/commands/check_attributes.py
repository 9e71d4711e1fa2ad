from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework.exceptions import ValidationError

from catalog.models import Category, Product
from catalog.services.attributes import check_attributes, types_by_category
from config.shared.errors import field_errors


class Command(BaseCommand):
    help = (
        "Lists the products whose attributes are not what their category's types say: a type that is defined or changed "
        "holds for what is written from then on, and for older products at their next edit. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--category", help="the slug of one; with those below it")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Product.objects.exclude(status=Product.Status.ARCHIVED).filter(category__isnull=False)
        if options["category"]:
            rows = rows.filter(category__in=self.below(options["category"]))
        types = types_by_category(Category.objects.filter(pk__in=rows.values("category")))
        wrong = 0
        for product in rows.select_related("seller").order_by("pk").iterator(chunk_size=500):
            try:
                check_attributes(product.attributes, types[product.category_id])  # type: ignore[index]
            except ValidationError as problem:
                first, wrong = field_errors(problem.detail)[0], wrong + 1
                self.stdout.write(
                    f"{product.pk} {product.seller.slug} {product.slug} {first['pointer']}: {first['detail']}"
                )
        if wrong:
            raise CommandError(f"{wrong} products do not fit their category's types.")
        self.stdout.write("Every product fits.")

    def below(self, slug: str) -> Any:
        found = Category.objects.under(slug)
        if not found.exists():
            raise CommandError(f"There is no category {slug}.")
        return found
