"""Notes on orders: the customer's and staff's on the whole order, a seller's on their part."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.exceptions import PermissionDenied
from rest_framework.serializers import BaseSerializer

from config.shared import staff
from config.shared.api.views import ViewSet
from config.shared.lookups import find
from orders.models import Order, OrderNote, OrderPart
from orders.permissions import FulfilsOrders, MayHaveOrders, may_act_on
from orders.serializers.orders import NoteSerializer
from orders.services.timeline import doer
from orders.views.orders import ORDER_TOKEN


class Notes(mixins.CreateModelMixin, ViewSet):
    queryset = OrderNote.objects.all()
    serializer_class = NoteSerializer
    default_sort = "created_at"

    def add(self, serializer: BaseSerializer, *, otherwise: str, **about: Any) -> None:
        who = doer(self.request.actor, otherwise=otherwise)
        serializer.save(by=who.role, by_user=who.user_id, **about)


@extend_schema_view(
    list=extend_schema(summary="Notes on an order that one may see", parameters=[ORDER_TOKEN]),
    create=extend_schema(summary="Leave a note for the sellers, or as staff", parameters=[ORDER_TOKEN]),
)
class OrderNotes(Notes):
    permission_classes = [MayHaveOrders]

    def order(self) -> Order:
        orders = Order.objects.visible_to(self.request.actor)
        return find(orders, self.kwargs["id"].upper(), alternative="number")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(order=self.order())

    def perform_create(self, serializer: BaseSerializer) -> None:
        """Only staff may leave internal notes on the whole order."""
        order, actor = self.order(), self.request.actor
        is_staff = staff.may(actor, "orders.change_order")
        if not may_act_on(actor, order) or (serializer.validated_data.get("is_internal") and not is_staff):
            raise PermissionDenied
        self.add(serializer, otherwise="customer", order=order)


@extend_schema_view(
    list=extend_schema(summary="Notes on the seller's part, and the customer's on the order"),
    create=extend_schema(summary="Leave a note on the part: for its customer, or an internal one"),
)
class PartNotes(Notes):
    permission_classes = [FulfilsOrders]

    def part(self) -> OrderPart:
        return find(OrderPart.objects.visible_to(self.request.actor), self.kwargs["id"], alternative="")

    def get_queryset(self) -> QuerySet:
        part = self.part()
        notes = super().get_queryset().filter(order=part.order_id)
        return notes.filter(part=part) | notes.filter(part=None)

    def perform_create(self, serializer: BaseSerializer) -> None:
        part = self.part()
        self.add(serializer, otherwise="seller", part=part, order_id=part.order_id)
