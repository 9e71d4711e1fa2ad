"""Pages of product lists: by any sort, by relevance, with facets."""

from heapq import merge
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Exists, F, Q, QuerySet, Value
from django.utils.functional import cached_property
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.filters import ProductFilters
from catalog.models import Product, ProductPrice
from catalog.search.asked import understand
from catalog.search.facets import KINDS, counting, read_names
from catalog.search.ranking import page_of
from catalog.search.sql import Sql, loaded, one
from config.shared.api import params
from config.shared.api.pagination import Cursor, KeysetPagination, query_parameter
from config.shared.money import MAX_AMOUNT

RELEVANCE = {"relevance", "-relevance"}
SCHEMA = {
    "corrected_query": {
        "type": ["string", "null"],
        "description": "With `q`: what was searched for instead.",
    },
    "capped": {"type": "boolean", "description": "With `q`: more matched than the thousand that are ranked."},
    "nearest": {"type": "boolean", "description": "With `q`: nothing matched; these have some of the words."},
    "facets": {
        "type": "object",
        "description": "With `facets`, by name.",
        "additionalProperties": {
            "type": "object",
            "required": ["capped", "values"],
            "properties": {
                "capped": {"type": "boolean", "description": "There are more products than were counted."},
                "values": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["count"],
                        "properties": {
                            "value": {"type": "string"},
                            "slug": {"type": "string"},
                            "label": {"type": "string"},
                            "min": {"type": "integer"},
                            "max": {"type": ["integer", "null"]},
                            "count": {"type": "integer"},
                        },
                    },
                },
            },
        },
    },
}


class ProductPagination(KeysetPagination):
    """Shows prices in the requested currency. Sorted by price, products without a price in it come last, by id.

    Such products are a segment of their own, read only by a page that reaches it. Products with only a further price in
    the currency are another segment, because each has its own index.
    """

    @property
    def is_by_price(self) -> bool:
        return self.sort in {"price", "-price"}

    @property
    def currency(self) -> str:
        return self.request.query_params.get("currency") or settings.DEFAULT_CURRENCY

    def paginate_queryset(self, queryset: QuerySet, request: Request, view: Any = None) -> list[Any]:
        rows = super().paginate_queryset(queryset, request, view)
        return show_in(self.currency, rows)

    def fetch(self, queryset: QuerySet) -> list[Any]:
        if not self.is_by_price:
            return super().fetch(queryset)
        rows: list[Any] = []
        for segments in self.segments(queryset):
            rows += self.merged(segments, self.limit + 1 - len(rows))
            if len(rows) > self.limit:
                break
        return rows

    def merged(self, segments: list[QuerySet], most: int) -> list[Any]:
        """Skips the other segments if a row of the first says that no further price in the currency exists."""
        found = [list(self.window(segments[0])[:most])]
        if not found[0] or getattr(found[0][0], "has_further", True):
            found += [list(self.window(segment)[:most]) for segment in segments[1:]]
        is_descending = self.sort.startswith("-") != self.backwards
        return list(merge(*found, key=lambda row: (row.price_sorted, row.pk), reverse=is_descending))[:most]

    def segments(self, queryset: QuerySet) -> list[list[QuerySet]]:
        """Segments in page order, without those before the cursor. Segments of one inner list are merged."""
        last = -1 if self.sort == "-price" else MAX_AMOUNT + 1
        has_further = Exists(ProductPrice.objects.filter(currency=self.currency))
        own = queryset.filter(self.priced()).annotate(price_sorted=F("price_amount"), has_further=has_further)
        further = queryset.filter(self.priced("prices__")).annotate(price_sorted=F("prices__price_amount"))
        # ranges can use the index, "not equal" cannot
        other = Q(currency__lt=self.currency) | Q(currency__gt=self.currency)
        others = queryset.filter(other).exclude(currencies__contains=[self.currency])
        unpriced = [others.annotate(price_sorted=Value(last, output_field=BigIntegerField()))]
        is_unpriced = self.cursor is not None and self.cursor.values[0] == last
        if self.backwards:
            return [unpriced, [own, further]] if is_unpriced else [[own, further]]
        return [unpriced] if is_unpriced else [[own, further], unpriced]

    def priced(self, prefix: str = "") -> Q:
        return Q(**{f"{prefix}currency": self.currency})


def show_in(currency: str, products: list[Product]) -> list[Product]:
    """Products with a further price in the currency show it; one statement, if there are any."""
    wanted = [product for product in products if currency in product.currencies]
    prices = ProductPrice.objects.filter(product__in=wanted, currency=currency) if wanted else []
    found = {price.product_id: price for price in prices}
    for product in wanted:
        product.shown = found.get(product.pk)  # type: ignore[attr-defined]
    return products


class SearchPagination(ProductPagination):
    """The public list: with `q` sorted by relevance by default; `facets` are counted beside the page."""

    def paginate_queryset(self, queryset: QuerySet, request: Request, view: Any = None) -> list[Any]:
        self.facet_names = read_names(request.query_params.get("facets", ""))
        text = request.query_params.get("q", "").strip()
        self.asked = understand(text) if text else None
        self.about: dict[str, Any] = {}
        if self.asked:
            self.about = {"corrected_query": self.asked.corrected, "capped": False, "nearest": False}
        return super().paginate_queryset(queryset, request, view)

    def read_sort(self, asked: str | None, view: Any) -> str:
        if asked in RELEVANCE and self.asked is None:
            raise params.refuse("sort", "Relevance needs q.")
        return super().read_sort(asked or ("relevance" if self.asked else None), view)

    def read_cursor(self, text: str | None) -> Cursor | None:
        cursor = super().read_cursor(text)
        if self.is_by_relevance and self.asked is None:
            raise params.refuse("cursor", "This cursor needs its q.", "invalid_cursor")
        return cursor

    @property
    def is_by_relevance(self) -> bool:
        return self.sort in RELEVANCE

    @property
    def columns(self) -> list[str]:
        return ["score", "id", "cut"] if self.is_by_relevance else super().columns

    def fetch(self, queryset: QuerySet) -> list[Any]:
        if self.is_by_relevance:
            return self.best_of(queryset)
        rows = super().fetch(self.matching(queryset))
        if self.facet_names:
            sql, values = self.facets()
            self.about["facets"] = loaded(one(f"SELECT {sql}", values)[0])
        return rows

    def best_of(self, queryset: QuerySet) -> list[Any]:
        """One statement for the page's ids and the facets; the rows are read as in any list."""
        found = page_of(
            self.asked, queryset if self.filters.is_narrow else None, limit=self.limit, sort=self.sort,
            cursor=self.cursor, facets=self.facets(),
        )  # fmt: skip
        self.about |= {"capped": found.is_capped, "nearest": found.is_nearest}
        self.about |= {"facets": found.facets} if self.facet_names else {}
        rows = {row.pk: row for row in queryset.filter(pk__in=[product for product, _ in found.rows])}
        for product, points in found.rows:
            if product in rows:
                rows[product].score, rows[product].cut = points, found.cut
        return [rows[product] for product, _ in found.rows if product in rows]

    def matching(self, queryset: QuerySet) -> QuerySet:
        return queryset.filter(search_entry__vector=self.asked.strict.of_orm) if self.asked else queryset

    def priced(self, prefix: str = "") -> Q:
        """Includes the requested price range, which bounds the index scan."""
        return self.filters.priced(prefix)

    def how_many(self, queryset: QuerySet) -> int:
        return super().how_many(self.matching(queryset))

    @cached_property
    def filters(self) -> ProductFilters:
        filters = ProductFilters(self.request.query_params, Product.objects.public())
        filters.form.is_valid()  # the list itself has already refused invalid filters
        return filters

    def facets(self) -> Sql:
        def narrowed(name: str) -> tuple[QuerySet, bool]:
            rows = self.filters.narrow(Product.objects.public(), but=name)
            return self.matching(rows), self.filters.has(name)

        return counting(self.facet_names, narrowed=narrowed, currency=self.filters.price_currency)

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        response.data |= self.about
        return response

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        text = f"Comma-separated: {', '.join(KINDS)}, attr.<name>. Each ignores its own filter."
        return [
            *super().get_schema_operation_parameters(view),
            query_parameter("facets", {"type": "string"}, text),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        whole = super().get_paginated_response_schema(schema)
        whole["properties"] |= SCHEMA
        return whole
