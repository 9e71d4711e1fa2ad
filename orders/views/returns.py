"""Returns: requested by the customer, decided on by the seller."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import SteppedUp
from config.shared.api.conditional import check_if_match
from config.shared.api.views import RetrieveMixin, ViewSet
from config.shared.permissions import IsSignedIn
from orders import services
from orders.filters import ReturnFilter
from orders.models import Order, Return
from orders.permissions import MayActOnReturn, MayHaveOrders
from orders.serializers import inputs
from orders.serializers.returns import ReceiveSerializer, ReturnSerializer
from orders.views.orders import ORDER_TOKEN


def step(summary: str, request: Any = None, **more: Any) -> Any:
    return extend_schema(summary=summary, request=request, responses=ReturnSerializer, **more)


@extend_schema_view(
    list=extend_schema(summary="Returns: your own, your shop's, or all for staff", parameters=[ORDER_TOKEN]),
    retrieve=extend_schema(summary="A return", parameters=[ORDER_TOKEN]),
)
class Returns(RetrieveMixin, ViewSet):
    queryset = Return.objects.all()
    serializer_class = ReturnSerializer
    permission_classes = [MayHaveOrders, MayActOnReturn]
    filterset_class = ReturnFilter

    def get_permissions(self) -> list[Any]:
        """A guest may read and cancel; the shop decides. Receiving refunds, so it needs a step-up."""
        own = super().get_permissions()
        if self.action in ("approve", "reject", "receive"):
            own.insert(0, IsSignedIn())
        return [*own, SteppedUp()] if self.action == "receive" else own

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("order", "part").prefetch_related("items")

    def chosen(self) -> dict[str, Any]:
        """The arguments of the service; locks the order, so that `If-Match` holds until the end."""
        returned = self.get_object()
        Order.objects.locked().get(pk=returned.order_id)
        check_if_match(self.request, Return.objects.get(pk=returned.pk))
        return {"return_id": returned.pk, "by": self.request.actor}

    @step("Let the goods come back", inputs.OptionalReasonSerializer)
    @transaction.atomic
    def approve(self, request: Request, id: str) -> Response:
        asked = self.body(inputs.OptionalReasonSerializer)
        services.approve_return(**self.chosen(), **asked)
        return self.retrieve(request, id)

    @step("Refuse them, before they are received", inputs.ReasonSerializer)
    @transaction.atomic
    def reject(self, request: Request, id: str) -> Response:
        asked = self.body(inputs.ReasonSerializer)
        services.reject_return(**self.chosen(), **asked)
        return self.retrieve(request, id)

    @step("They have arrived: restock or write off, and refund", ReceiveSerializer)
    @transaction.atomic
    def receive(self, request: Request, id: str) -> Response:
        asked = self.body(ReceiveSerializer)
        services.receive_return(**self.chosen(), **asked)
        return self.retrieve(request, id)

    @step("The customer keeps the goods after all", parameters=[ORDER_TOKEN])
    @transaction.atomic
    def cancel(self, request: Request, id: str) -> Response:
        services.cancel_return(**self.chosen())
        return self.retrieve(request, id)
