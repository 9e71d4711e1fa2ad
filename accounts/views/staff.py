"""`/admin/users` and `/admin/sellers`, for role Admin and staff with the same permissions on the admin site."""

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.filters import AdminSellerFilter, UserFilter
from accounts.models import Seller, User
from accounts.permissions import Administers
from accounts.serializers import AdminSellerSerializer, AdminUserSerializer
from config.shared.api.views import RetrieveMixin, ViewSet


@extend_schema_view(list=extend_schema(summary="Users"), retrieve=extend_schema(summary="A user"))
class AdminUsers(RetrieveMixin, ViewSet):
    queryset = User.objects.select_related("seller")
    serializer_class = AdminUserSerializer
    permission_classes = [Administers]
    filterset_class = UserFilter
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

    @extend_schema(summary="Open a shop", request=None, responses=AdminSellerSerializer)
    def approve(self, request: Request, id: str) -> Response:
        return Response(self.get_serializer(services.approve_seller(seller_id=self.get_object().pk)).data)

    @extend_schema(summary="Turn an application down", request=None, responses=AdminSellerSerializer)
    def reject(self, request: Request, id: str) -> Response:
        return Response(self.get_serializer(services.reject_seller(seller_id=self.get_object().pk)).data)

    @extend_schema(summary="Close a shop", request=None, responses=AdminSellerSerializer)
    def suspend(self, request: Request, id: str) -> Response:
        return Response(self.get_serializer(services.suspend_seller(seller_id=self.get_object().pk)).data)
