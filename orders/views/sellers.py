"""A seller's part of each order, and the steps with it."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import SteppedUp
from catalog.serializers.expanding import shown_products
from config.shared.api.conditional import check_if_match
from config.shared.api.views import RetrieveMixin, ViewSet
from orders import services
from orders.filters import PartFilter
from orders.models import Order, OrderPart
from orders.permissions import FulfilsOrders
from orders.serializers import inputs
from orders.serializers.orders import SellerPartSerializer


def step(summary: str, request: Any = None) -> Any:
    return extend_schema(summary=summary, request=request, responses=SellerPartSerializer)


@extend_schema_view(
    list=extend_schema(summary="The seller's parts of all orders"),
    retrieve=extend_schema(summary="The seller's part of an order"),
)
class SellerParts(RetrieveMixin, ViewSet):
    queryset = OrderPart.objects.all()
    serializer_class = SellerPartSerializer
    permission_classes = [FulfilsOrders]
    filterset_class = PartFilter
    expandable = {"items.product": shown_products}

    def get_permissions(self) -> list[Any]:
        """Cancelling a part, or removing items, refunds money, so it needs a step-up."""
        own = super().get_permissions()
        return [*own, SteppedUp()] if self.action in {"cancel", "remove"} else own

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().with_contents()

    def chosen(self) -> dict[str, Any]:
        """The arguments of the service; locks the part's order, so that `If-Match` holds until the end."""
        part = self.get_object()
        Order.objects.locked().get(pk=part.order_id)
        check_if_match(self.request, OrderPart.objects.get(pk=part.pk))
        return {"part_id": part.pk, "by": self.request.actor}

    @step("Take the order on")
    @transaction.atomic
    def accept(self, request: Request, id: str) -> Response:
        services.accept_part(**self.chosen())
        return self.retrieve(request, id)

    @step("Send a parcel: some items, or all that remain", inputs.ShipSerializer)
    @transaction.atomic
    def ship(self, request: Request, id: str) -> Response:
        asked = self.body(inputs.ShipSerializer)
        services.ship_part(**self.chosen(), quantities=asked.pop("items", None), **asked)
        return self.retrieve(request, id)

    @step("The parcels have arrived")
    @transaction.atomic
    def deliver(self, request: Request, id: str) -> Response:
        services.deliver_part(**self.chosen())
        return self.retrieve(request, id)

    @step("Cancel the part, before anything of it is shipped", inputs.ReasonSerializer)
    @transaction.atomic
    def cancel(self, request: Request, id: str) -> Response:
        reason = self.body(inputs.ReasonSerializer)["reason"]
        services.cancel_part(**self.chosen(), reason=reason)
        return self.retrieve(request, id)

    @step(
        "Take out what cannot be sent, before it is shipped; its price goes back",
        inputs.RemoveItemsSerializer,
    )
    @transaction.atomic
    def remove(self, request: Request, id: str) -> Response:
        asked = self.body(inputs.RemoveItemsSerializer)
        services.remove_items(**self.chosen(), quantities=asked["items"], reason=asked["reason"])
        return self.retrieve(request, id)
