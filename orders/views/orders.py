from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.serializers.expanding import shown_products, shown_shops
from config.shared.api.conditional import check_if_match, etag_of
from config.shared.api.serializers import shown
from config.shared.api.views import ApiView, RetrieveMixin, ViewSet
from config.shared.permissions import Administers
from orders import services
from orders.filters import AdminOrderFilter, OrderFilter
from orders.models import Order, OrderEvent
from orders.permissions import GivesBackSteppedUp, MayActOnOrder, MayHaveOrders
from orders.serializers import inputs
from orders.serializers.orders import OrderEventSerializer, OrderSerializer, PlacedOrderSerializer
from orders.serializers.returns import ReturnRequestSerializer, ReturnSerializer
from orders.tokens import order_token
from orders.views.cart import CART_TOKEN

ORDER_TOKEN = OpenApiParameter(
    "Order-Token",
    str,
    OpenApiParameter.HEADER,
    description="A guest's order: the `access_token` of its placement.",
)


class PlaceOrder(ApiView):
    permission_classes: list[Any] = []
    idempotency = "required"
    throttle_scope = "place"

    @extend_schema(
        request=inputs.CheckoutSerializer, parameters=[CART_TOKEN], responses={201: PlacedOrderSerializer}
    )
    def post(self, request: Request) -> Response:
        """Turn the cart into an order. Its stock is held until `hold_expires_at`."""
        body: dict[str, Any] = {}

        def store(order: Order) -> None:
            body.update(shown(OrderSerializer, order))
            if request.attempt is not None:
                request.attempt.store(201, body)

        asked = self.body(inputs.CheckoutSerializer)
        order = services.place_order(
            actor=request.actor,
            checkout=services.Checkout(**asked),
            check=partial(check_if_match, request),
            store=store,
        )
        return Response(body, 201, headers={"ETag": etag_of(order)})

    def with_secrets(self, body: Any) -> Any:
        """Adds a guest's key to the order; it is derived, so a replay has it too."""
        return body | {"access_token": order_token(body["id"])} if self.request.actor.is_guest else body


class OrderRows(RetrieveMixin, ViewSet):
    """Orders by id or number."""

    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    alternative_lookup = "number"
    expandable = {"items.product": shown_products, "parts.seller": shown_shops}

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().with_contents()

    def find(self, queryset: QuerySet, value: str) -> Model:
        """Numbers are read aloud, so the case is ignored."""
        return super().find(queryset, value.upper())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response.headers.setdefault("Cache-Control", "private, no-store")
        return super().finalize_response(request, response, *args, **kwargs)


@extend_schema_view(
    list=extend_schema(summary="One's orders", parameters=[ORDER_TOKEN]),
    retrieve=extend_schema(summary="An order, by its id or number", parameters=[ORDER_TOKEN]),
)
class Orders(OrderRows):
    permission_classes = [MayHaveOrders, MayActOnOrder, GivesBackSteppedUp]
    filterset_class = OrderFilter

    @extend_schema(
        summary="Cancel before anything is shipped; stock, coupon and money go back",
        description="Staff may cancel what was shipped, too, as long as it is not paid (cash on delivery that was refused).",
        request=inputs.OptionalReasonSerializer,
        parameters=[ORDER_TOKEN],
        responses=OrderSerializer,
    )
    @transaction.atomic
    def cancel(self, request: Request, id: str) -> Response:
        asked = self.body(inputs.OptionalReasonSerializer)
        order_id = self.get_object().pk
        check_if_match(request, Order.objects.locked().get(pk=order_id))
        services.cancel_order(order_id=order_id, by=request.actor, reason=asked["reason"])
        return self.retrieve(request, id)

    @extend_schema(
        summary="Ask to send delivered goods back",
        request=ReturnRequestSerializer,
        parameters=[ORDER_TOKEN],
        responses={201: ReturnSerializer},
    )
    @transaction.atomic
    def returns(self, request: Request, id: str) -> Response:
        asked = self.body(ReturnRequestSerializer)
        order_id = self.get_object().pk
        check_if_match(request, Order.objects.locked().get(pk=order_id))
        returned = services.request_return(
            order_id=order_id, quantities=asked["items"], reason=asked["reason"], by=request.actor
        )
        return Response(ReturnSerializer(returned).data, 201, headers={"ETag": etag_of(returned)})


@extend_schema(tags=["admin"])
@extend_schema_view(
    list=extend_schema(summary="All orders"), retrieve=extend_schema(summary="Any order, by its id or number")
)
class AdminOrders(OrderRows):
    permission_classes = [Administers]
    filterset_class = AdminOrderFilter


@extend_schema_view(
    list=extend_schema(summary="What happened to an order, and when", parameters=[ORDER_TOKEN])
)
class OrderEvents(ViewSet):
    queryset = OrderEvent.objects.all()
    serializer_class = OrderEventSerializer
    permission_classes = [MayHaveOrders]
    default_sort = "created_at"

    def get_queryset(self) -> QuerySet:
        """The events of an order that the caller may see."""
        orders = OrderRows(request=self.request)
        order = orders.find(Order.objects.visible_to(self.request.actor), self.kwargs["id"])
        return OrderEvent.objects.filter(order=order)
