"""A seller's statement as JSON, CSV and PDF, for an accountant."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Seller
from catalog.transfer.cells import defuse
from config.shared.api import params
from config.shared.api.views import ApiView
from config.shared.lookups import find
from config.shared.money import CURRENCIES, to_decimal
from config.shared.permissions import Administers, IsSeller
from payments import serializers, services
from payments.models import LedgerEntry
from payments.papers import statement_pdf
from payments.services.statements import Statement

MOST = timedelta(days=366)
COLUMNS = ("gross", "commission", "tax", "shipping", "net", "balance")
HEAD = ("at", "kind", "order", "transaction", "currency", *COLUMNS, "note")
FORMATS = ("json", "csv", "pdf")
DESCRIBED = extend_schema(
    parameters=[
        OpenApiParameter(
            "from", OpenApiTypes.DATE, description="First day (UTC); default: the month's first."
        ),
        OpenApiParameter("to", OpenApiTypes.DATE, description="Last day; default: today."),
        OpenApiParameter("currency", str, description="Default: the shop's."),
        OpenApiParameter("format", str, enum=FORMATS, description="Default: json."),
    ],
    responses={
        200: serializers.StatementSerializer,
        (200, "text/csv"): OpenApiTypes.STR,
        (200, "application/pdf"): OpenApiTypes.BINARY,
    },
)


class StatementView(ApiView):
    extra_parameters = ("from", "to", "currency", "format")

    def answer(self, seller: Seller) -> Any:
        query = self.request.query_params
        first, last = period(query)
        made = services.statement(seller=seller, currency=currency(query), first=first, last=last)
        kind = chosen(query, "format", FORMATS, "json")
        if kind == "json":
            return Response(serializers.StatementSerializer(made).data)
        content, media = MAKERS[kind](made)
        name = f"statement-{made.first}-{made.last}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=media, headers=headers)


class SellerStatement(StatementView):
    permission_classes = [IsSeller]

    @DESCRIBED
    def get(self, request: Request) -> Any:
        """The statement of the caller's shop: the sales, refunds, disputes and payouts of a period."""
        return self.answer(request.user.shop)


class AdminStatement(StatementView):
    permission_classes = [Administers]
    queryset = LedgerEntry.objects.all()

    @DESCRIBED
    def get(self, request: Request, id: str) -> Any:
        """A shop's statement."""
        return self.answer(find(Seller.objects.all(), id))


def period(query: Mapping[str, str]) -> tuple[date, date]:
    today = timezone.now().date()
    first = day(query, "from", today.replace(day=1))
    last = day(query, "to", max(today, first))
    if not timedelta(0) <= last - first < MOST:
        raise params.refuse("to", "Must be on or after `from`, and within a year of it.")
    return first, last


def day(query: Mapping[str, str], name: str, default: date) -> date:
    text = query.get(name)
    try:
        found = default if text is None else date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 9000:
        raise params.refuse(name, "Must be a day such as 2026-01-31.")
    return found


def currency(query: Mapping[str, str]) -> str:
    return chosen(query, "currency", CURRENCIES, settings.DEFAULT_CURRENCY)


def chosen(query: Mapping[str, str], name: str, allowed: Any, default: str) -> str:
    value = query.get(name, default)
    if value not in allowed:
        raise params.refuse(name, "Is not one of those that there are.")
    return value


def csv_of(made: Statement) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEAD)
    for line in made.lines:
        amounts = [str(to_decimal(getattr(line, name), made.currency)) for name in COLUMNS]
        about = [line.at.isoformat(), line.kind, line.order, str(line.transaction), made.currency]
        writer.writerow([*about, *amounts, defuse(line.note)])
    return file.getvalue().encode()


MAKERS: Mapping[str, Callable[[Statement], tuple[bytes, str]]] = {
    "csv": lambda made: (csv_of(made), "text/csv; charset=utf-8"),
    "pdf": lambda made: (statement_pdf(made), "application/pdf"),
}
