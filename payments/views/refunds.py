from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import SteppedUp
from config.shared.api.conditional import check_if_match
from config.shared.api.views import ViewSet
from orders.models import Order, OrderPart
from orders.permissions import FulfilsOrders
from orders.views.orders import OrderRows
from payments import serializers, services
from payments.errors import StripeDown
from payments.models import Refund
from payments.views.acts import ActsAtStripe


class OrderRefunds(ActsAtStripe, ViewSet):
    """Refunds of an order: by an administrator for the whole, by a seller for their part."""

    queryset = Refund.objects.all()
    serializer_class = serializers.RefundSerializer
    permission_classes = [FulfilsOrders, SteppedUp]
    idempotency = "calls_out"

    def get_queryset(self) -> QuerySet:
        order = self.find_order()
        return (
            super()
            .get_queryset()
            .filter(payment__order=order)
            .select_related("payment")
            .prefetch_related("items")
        )

    def find_order(self) -> Order:
        actor = self.request.actor
        orders = (
            Order.objects.all() if actor.is_admin else Order.objects.filter(parts__seller=actor.seller_id)
        )
        return OrderRows().find(orders, self.kwargs["id"])

    @extend_schema(request=serializers.NewRefundSerializer, responses={201: serializers.RefundSerializer})
    def create(self, request: Request, id: str) -> Response:
        """Refund an amount, items, or all that is left. While Stripe is down the refund is `pending`."""
        begun = request.attempt.reference
        refund_id = int(begun) if begun else self.open().pk
        with suppress(StripeDown):  # a job will send it
            services.send_refund(refund_id=refund_id)
        return Response(self.get_serializer(Refund.objects.get(pk=refund_id)).data, status=201)

    @transaction.atomic
    def open(self) -> Refund:
        asked = {"amount": None, "items": {}} | self.body(serializers.NewRefundSerializer)
        actor = self.request.actor
        seller_id = None if actor.is_admin else actor.seller_id
        begin = self.request.attempt.begin
        order = Order.objects.locked().get(pk=self.find_order().pk)
        check_if_match(self.request, self.edited(order))
        return services.ask_refund(order_id=order.pk, seller_id=seller_id, begin=begin, **asked)

    def edited(self, order: Order) -> Any:
        """What `If-Match` compares: the order, or for sellers, who do not see it, their part of it."""
        actor = self.request.actor
        return order if actor.is_admin else OrderPart.objects.get(order=order, seller=actor.seller_id)
