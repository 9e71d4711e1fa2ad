from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import CommandParser
from rest_framework.exceptions import ValidationError

from catalog.models import Category, Product
from catalog.services.attributes import check_attributes, types_by_category
from config.shared.commands import CommandError, OperatorCommand, Outcome
from config.shared.errors import field_errors


class Command(OperatorCommand):
    help = (
        "Lists the products whose attributes are not what their category's types say: a type that is defined or changed "
        "holds for what is written from then on, and for older products at their next edit. Reads only."
    )
    writes = False

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--category", help="The slug of one; with those below it.")

    def perform(self, *, category: str | None, **options: Any) -> Outcome:
        rows = Product.objects.exclude(status=Product.Status.ARCHIVED).filter(category__isnull=False)
        if category:
            rows = rows.filter(category__in=self.below(category))
        with self.progress("products", rows.count()) as progress:
            return {"unfit": list(unfit(rows, progress))}

    def lines(self, outcome: Outcome) -> Iterable[str]:
        for row in outcome["unfit"]:
            yield f"{row['product']} {row['seller']} {row['slug']} {row['pointer']}: {row['detail']}"
        if not outcome["unfit"]:
            yield "Every product fits."

    def has_failed(self, outcome: Outcome) -> bool:
        return bool(outcome["unfit"])

    def below(self, slug: str) -> Any:
        found = Category.objects.under(slug)
        if not found.exists():
            raise CommandError(f"There is no category {slug}.")
        return found


def unfit(rows: Any, progress: Any) -> Iterator[dict[str, str]]:
    """Yields each product with the first problem found."""
    types = types_by_category(Category.objects.filter(pk__in=rows.values("category")))
    products = rows.select_related("seller").order_by("pk").iterator(chunk_size=500)
    for number, product in enumerate(products, 1):
        progress.reach(number)
        try:
            check_attributes(product.attributes, types[product.category_id])
        except ValidationError as problem:
            first = field_errors(problem.detail)[0]
            told = {"pointer": first["pointer"], "detail": first["detail"]}
            yield {"product": str(product.pk), "seller": product.seller.slug, "slug": product.slug, **told}
