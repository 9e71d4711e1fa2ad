"""django-filter, strict: an unknown parameter or a malformed value is 400, never ignored."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django_filters import rest_framework as backend
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from config.shared.api import params
from config.shared.api.pagination import PARAMETERS
from config.shared.lookups import named
from config.shared.money import CURRENCIES, MAX_AMOUNT


class StrictBoolean(forms.CharField):
    def clean(self, value: Any) -> bool | None:
        value = super().clean(value)
        if value not in {"", "true", "false"}:
            raise forms.ValidationError("Must be true or false.", code="invalid")
        return None if value == "" else value == "true"


class StrictInteger(forms.CharField):
    def clean(self, value: Any) -> int | None:
        value = super().clean(value)
        if value and not (
            value.isascii() and value.isdecimal() and len(value) < 17 and int(value) <= MAX_AMOUNT
        ):
            raise forms.ValidationError("Must be an integer from 0.", code="invalid")
        return int(value) if value else None


class StrictTime(forms.CharField):
    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        try:
            time = parse_datetime(value) if value else None
        except ValueError:
            time = None
        if value and (time is None or time.tzinfo is None):
            raise forms.ValidationError(
                "Must be an RFC 3339 time such as 2026-01-31T12:00:00Z.", code="invalid"
            )
        return time


class BooleanFilter(django_filters.Filter):
    field_class = StrictBoolean


class IntegerFilter(django_filters.Filter):
    field_class = StrictInteger


class TimeFilter(django_filters.Filter):
    field_class = StrictTime


class CurrencyFilter(django_filters.ChoiceFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(code, code) for code in sorted(CURRENCIES)], **kwargs)


class IdOrSlugFilter(django_filters.CharFilter):
    """`brand=12` or `brand=acme`: the related row by its id or its slug."""

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        return qs.filter(named(value, prefix=f"{self.field_name}__"))


class FilterSet(django_filters.FilterSet):
    """Base of every filter set; declare each filter explicitly, `Meta.fields` stays unused."""


class StrictFilterBackend(backend.DjangoFilterBackend):
    """Filters lists; on other routes it only refuses parameters that the route does not know.

    A view adds `extra_parameters` (read elsewhere), of which the `repeatable_parameters` may be given more than once,
    and `parameter_prefixes` (`attr.`).
    """

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        is_list = view.detail is False
        declared = getattr(self.get_filterset_class(view, queryset), "base_filters", {}) if is_list else {}
        expands = ("expand",) if view.expandable and request.method in SAFE_METHODS else ()
        known = {*declared, *(PARAMETERS if is_list else ()), *view.extra_parameters, *expands}
        prefixes = tuple(view.parameter_prefixes)
        query = request.query_params
        params.check_known(query, known, repeatable=view.repeatable_parameters, prefixes=prefixes)
        is_filtered = any(name in declared or (prefixes and name.startswith(prefixes)) for name in query)
        # A filter set and its form cost a fifth of a page's time, so they are skipped if there is nothing to filter by.
        return super().filter_queryset(request, queryset, view) if is_list and is_filtered else queryset
