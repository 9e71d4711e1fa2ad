"""`/admin/users` and `/admin/sellers`, for role Admin and for staff with the same permissions on the admin site."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.filters import AdminSellerFilter, SecurityEventFilter, UserFilter
from accounts.models import SecurityEvent, Seller, User
from accounts.serializers.access import SecurityEventSerializer
from accounts.serializers.sellers import AdminSellerSerializer, CommissionSerializer
from accounts.serializers.users import AdminUserSerializer
from config.shared.api.views import RetrieveMixin, ViewSet
from config.shared.permissions import Administers, IsAdmin


@extend_schema_view(list=extend_schema(summary="Users"), retrieve=extend_schema(summary="A user"))
class AdminUsers(RetrieveMixin, ViewSet):
    queryset = User.objects.select_related("seller")
    serializer_class = AdminUserSerializer
    permission_classes = [Administers]
    filterset_class = UserFilter
    closed_to_keys = {"PATCH"}  # a key that could make administrators would itself be one
    sorts = {"created_at": "created_at", "email": "email"}

    @extend_schema(summary="Change a user's role, or (de)activate them")
    def partial_update(self, request: Request, id: str) -> Response:
        user = self.get_object()
        serializer = self.get_serializer(user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        services.change_user(actor=request.actor, user_id=user.pk, **serializer.validated_data)
        return Response(self.get_serializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="Shops in any state"), retrieve=extend_schema(summary="A shop")
)
class AdminSellers(RetrieveMixin, ViewSet):
    queryset = Seller.objects.all()
    serializer_class = AdminSellerSerializer
    permission_classes = [Administers]
    filterset_class = AdminSellerFilter
    alternative_lookup = "slug"
    closed_to_keys = {"PATCH"}

    def get_permissions(self) -> list[Any]:
        """Staff may decide on shops, but only an administrator on what the platform earns."""
        return [IsAdmin()] if self.action == "partial_update" else super().get_permissions()

    @extend_schema(
        summary="Change a shop's commission", request=CommissionSerializer, responses=AdminSellerSerializer
    )
    def partial_update(self, request: Request, id: str) -> Response:
        shop = self.get_object()
        rate = self.body(CommissionSerializer)["commission_rate"]
        services.require_step_up(request.actor)
        shop = services.set_commission_rate(seller_id=shop.pk, rate=rate, by=request.user)
        return Response(self.get_serializer(shop).data)

    @extend_schema(summary="Open a shop", request=None, responses=AdminSellerSerializer)
    def approve(self, request: Request, id: str) -> Response:
        shop = services.approve_seller(seller_id=self.get_object().pk, by=request.user)
        return Response(self.get_serializer(shop).data)

    @extend_schema(summary="Turn an application down", request=None, responses=AdminSellerSerializer)
    def reject(self, request: Request, id: str) -> Response:
        shop = services.reject_seller(seller_id=self.get_object().pk, by=request.user)
        return Response(self.get_serializer(shop).data)

    @extend_schema(summary="Close a shop", request=None, responses=AdminSellerSerializer)
    def suspend(self, request: Request, id: str) -> Response:
        shop = services.suspend_seller(seller_id=self.get_object().pk, by=request.user)
        return Response(self.get_serializer(shop).data)


@extend_schema_view(
    list=extend_schema(summary="The audit trail"),
    retrieve=extend_schema(summary="One line of the audit trail"),
)
class SecurityEvents(RetrieveMixin, ViewSet):
    queryset = SecurityEvent.objects.all()
    serializer_class = SecurityEventSerializer
    permission_classes = [IsAdmin]
    filterset_class = SecurityEventFilter
