from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from functools import reduce
from math import isfinite
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from rest_framework.exceptions import ErrorDetail, ValidationError

from catalog.models import Category, Product, ProductPrice
from config.shared.api.filters import (
    BooleanFilter,
    CurrencyFilter,
    FilterSet,
    IdOrSlugFilter,
    IntegerFilter,
    TimeFilter,
)
from config.shared.api.pagination import PARAMETERS
from config.shared.lookups import is_id

PREFIX = "attr."
OF_FACET = {
    "price": ("price_min", "price_max"),
    "rating": ("rating_min",),
}  # other facets have the name of their filter


class RatingField(forms.CharField):
    def clean(self, value: Any) -> Decimal | None:
        value = super().clean(value)
        try:
            rating = Decimal(value) if value else None
        except InvalidOperation:
            rating = Decimal(-1)
        if rating is not None and not (rating.is_finite() and 0 <= rating <= 5):
            raise forms.ValidationError("Must be a number between 0 and 5.", code="invalid")
        return rating


class RatingFilter(django_filters.Filter):
    field_class = RatingField


class IdFilter(django_filters.CharFilter):
    """An id that is not valid finds nothing."""

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        return qs.filter(**{self.field_name: value}) if is_id(value) else qs.none()


class CategoryFilter(django_filters.CharFilter):
    """A category by id or slug, including all below it."""

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs.filter(category__in=Category.objects.under(value).values("pk")) if value else qs


class ProductFilters(FilterSet):
    """Filters of the public list. `currency` selects the price that is filtered and sorted by."""

    q = django_filters.CharFilter(
        method="keep",
        label='Words; "a phrase", -without, or; the last word may be unfinished; a SKU or barcode.',
    )
    category = CategoryFilter(label="Id or slug; includes the categories below it.")
    brand = IdOrSlugFilter(label="Id or slug.")
    seller = IdOrSlugFilter(label="Id or slug.")
    price_min = IntegerFilter(method="keep", label="Minor units of `currency`.")
    price_max = IntegerFilter(method="keep", label="Minor units of `currency`.")
    in_stock = BooleanFilter(field_name="is_available")
    on_sale = BooleanFilter(field_name="is_on_sale")
    rating_min = RatingFilter(field_name="rating_average", lookup_expr="gte", label="0 to 5.")
    created_after = TimeFilter(field_name="created_at", lookup_expr="gt")
    currency = CurrencyFilter(
        method="keep",
        label="Of the prices that are shown, filtered and sorted by; a product without one in it shows its own.",
    )

    def keep(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """A no-op: the pagination reads `q` and `currency`, `narrow` reads the prices."""
        return queryset

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        return self.narrow(queryset)

    def narrow(self, queryset: QuerySet, *, but: str = "") -> QuerySet:
        """Applies all filters except those of the facet `but`."""
        given, left_out = self.form.cleaned_data, OF_FACET.get(but, (but,))
        for name, value in given.items():
            if name not in left_out:
                queryset = self.filters[name].filter(queryset, value)
        if self.price_range and "price_min" not in left_out:
            further = ProductPrice.objects.filter(self.priced(), product=OuterRef("pk"))
            queryset = queryset.filter(self.priced() | Exists(further))
        return self.filter_attributes(queryset, left_out)

    @property
    def is_narrow(self) -> bool:
        """Whether the request has filters beside the search words."""
        return any(
            name not in {"q", "currency", *PARAMETERS, "facets"} and self.data.get(name) for name in self.data
        )

    def has(self, facet: str) -> bool:
        """Whether the request filters by what the facet counts."""
        return any(self.data.get(name) for name in OF_FACET.get(facet, (facet,)))

    @property
    def price_range(self) -> dict[str, int]:
        asked = {"price_amount__gte": "price_min", "price_amount__lte": "price_max"}
        given = {lookup: self.form.cleaned_data[name] for lookup, name in asked.items()}
        return {lookup: value for lookup, value in given.items() if value is not None}

    def priced(self, prefix: str = "") -> Q:
        """Prices in the requested currency and range: a product's own, or with `prefix` its further prices."""
        wanted = {"currency": self.price_currency, **self.price_range}
        return Q(**{prefix + lookup: value for lookup, value in wanted.items()})

    @property
    def price_currency(self) -> str:
        return self.form.cleaned_data["currency"] or settings.DEFAULT_CURRENCY

    def filter_attributes(self, queryset: QuerySet, left_out: Collection[str]) -> QuerySet:
        """`attr.color=red` filters by that attribute; several values are alternatives."""
        for name in self.data:
            if name.startswith(PREFIX) and name not in left_out:
                queryset = queryset.filter(attribute_is(name, self.data.getlist(name)))
        return queryset


def attribute_is(parameter: str, texts: list[str]) -> Any:
    """Matches the text, and the number or boolean that it may represent. Raises 400 for a malformed value."""
    name = parameter.removeprefix(PREFIX)
    if (
        not 1 <= len(name) <= 100
        or any(len(text) > 500 for text in texts)
        or "\x00" in "".join([name, *texts])
    ):
        raise ValidationError(
            {parameter: [ErrorDetail("Is too long, empty or holds a NUL.", "invalid_parameter")]}
        )
    values = [value for text in texts for value in readings(text)]
    return reduce(or_, (Q(attributes__contains={name: value}) for value in values))


def readings(text: str) -> list[Any]:
    """The JSON values that a query text may represent."""
    if text in {"true", "false"}:
        return [text, text == "true"]
    try:
        number = float(text)
    except ValueError:
        return [text]
    return [text, number] if isfinite(number) else [text]


class OwnProductFilters(FilterSet):
    status = django_filters.ChoiceFilter(choices=Product.Status.choices)
    q = django_filters.CharFilter(method="search", label="Words of title and description.")

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.matching(value)


class LevelFilters(FilterSet):
    variant = IdFilter(field_name="variant_id")
    product = IdFilter(field_name="variant__product_id")
    location = IdFilter(field_name="location_id")
    low_stock = BooleanFilter(method="low", label="At its threshold or below.")

    def low(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        low = Q(on_hand__lte=F("reserved") + F("low_stock_threshold"))
        return queryset.filter(low if value else ~low)
