"""The books, as a seller and the shop's staff see them."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Seller
from accounts.permissions import SteppedUp
from config.shared.api.views import ApiView, ViewSet
from config.shared.money import Money
from config.shared.permissions import Administers, IsSeller
from orders.models import Order
from payments import serializers, services
from payments.filters import LedgerFilter, SellerLedgerFilter
from payments.models import Dispute, LedgerEntry
from payments.views.bodies import found


class LedgerRows(ViewSet):
    queryset = LedgerEntry.objects.select_related("transaction")
    serializer_class = serializers.LedgerEntrySerializer


@extend_schema_view(list=extend_schema(summary="The ledger: every entry, of every seller and of the shop"))
class AdminLedger(LedgerRows):
    permission_classes = [Administers]
    filterset_class = LedgerFilter


@extend_schema_view(list=extend_schema(summary="List the ledger entries of your shop"))
class SellerLedger(LedgerRows):
    permission_classes = [IsSeller]
    filterset_class = SellerLedgerFilter

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(seller=self.request.actor.seller_id)


class SellerBalance(ApiView):
    permission_classes = [IsSeller]

    @extend_schema(responses=serializers.BalancesSerializer)
    def get(self, request: Request) -> Response:
        """What the shop owes the seller: held back, available for payout, reserved, on its way."""
        found = services.balances_of(request.actor.seller_id)
        return Response(serializers.BalancesSerializer(found).data)


class Adjustments(ViewSet):
    queryset = LedgerEntry.objects.all()
    serializer_class = serializers.LedgerEntrySerializer
    permission_classes = [Administers, SteppedUp]
    idempotency = "required"

    @extend_schema(
        request=serializers.BalanceAdjustmentSerializer,
        responses={201: serializers.LedgerEntrySerializer(many=True)},
    )
    def create(self, request: Request) -> Response:
        """Credit or debit a seller's balance, with a reason; returns the entries."""
        data = self.body(serializers.BalanceAdjustmentSerializer)
        sign = 1 if data["direction"] == "credit" else -1
        posted = services.adjust(
            seller_id=found("seller", Seller, data["seller"]),
            order_id=found("order", Order, data["order"]) if "order" in data else None,
            money=Money(sign * data["amount"].amount, data["amount"].currency),
            reason=data["reason"],
            by_user=request.actor.user_id,
        )
        rows = posted.entries.select_related("transaction").order_by("pk")
        entries = self.get_serializer(rows, many=True).data
        return Response({"results": entries, "next": None, "previous": None}, status=201)


@extend_schema_view(list=extend_schema(summary="Disputes of the shop's payments"))
class AdminDisputes(ViewSet):
    queryset = Dispute.objects.select_related("payment")
    serializer_class = serializers.DisputeSerializer
    permission_classes = [Administers]


@extend_schema_view(list=extend_schema(summary="Disputes of orders that one has a part in"))
class SellerDisputes(ViewSet):
    queryset = Dispute.objects.select_related("payment")
    serializer_class = serializers.SellerDisputeSerializer
    permission_classes = [IsSeller]

    def get_queryset(self) -> QuerySet:
        mine = Order.objects.filter(parts__seller=self.request.actor.seller_id)
        return super().get_queryset().filter(payment__order__in=mine)
