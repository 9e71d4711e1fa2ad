"""Invoices and credit notes, as PDF."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request

from config.shared.api import params
from config.shared.api.views import ViewSet
from orders.models import Document, Order
from orders.papers import draw
from orders.permissions import MayHaveOrders
from orders.serializers.orders import CreditNoteSerializer
from orders.services import issue_invoice
from orders.views.orders import ORDER_TOKEN, OrderRows

PDF = "application/pdf"
AS_PDF = {(200, PDF): OpenApiTypes.BINARY}


class Documents(ViewSet):
    """The documents of an order that the caller may see."""

    queryset = Document.objects.all()
    permission_classes = [MayHaveOrders]

    def order(self) -> Any:
        rows = OrderRows(request=self.request)
        return rows.find(Order.objects.visible_to(self.request.actor), self.kwargs["order"])

    def paper(self, document: Document) -> HttpResponse:
        document.order = Order.objects.with_contents().get(pk=document.order_id)
        headers = {"Content-Disposition": f'inline; filename="{document.number}.pdf"'}
        return HttpResponse(draw(document), PDF, headers=headers)


class Invoices(Documents):
    @extend_schema(
        summary="The invoice; before the payment 409 not_invoiced", parameters=[ORDER_TOKEN], responses=AS_PDF
    )
    def retrieve(self, request: Request, order: str) -> HttpResponse:
        """The invoice, issued now if it was not when the order was paid."""
        params.check_known(request.query_params, ())
        return self.paper(issue_invoice(order_id=self.order().pk))


@extend_schema_view(
    list=extend_schema(
        summary="An order's credit notes, and debit notes that take one back", parameters=[ORDER_TOKEN]
    )
)
class CreditNotes(Documents):
    serializer_class = CreditNoteSerializer

    def get_queryset(self) -> QuerySet:
        return Document.objects.filter(order=self.order()).exclude(kind=Document.Kind.INVOICE)

    @extend_schema(summary="A credit note", parameters=[ORDER_TOKEN], responses=AS_PDF)
    def retrieve(self, request: Request, order: str, id: str) -> HttpResponse:
        params.check_known(request.query_params, ())
        return self.paper(self.get_object())
