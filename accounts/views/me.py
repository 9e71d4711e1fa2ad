"""`/me`: the caller's own profile, data and addresses."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts import services
from accounts.models import Address
from accounts.permissions import SteppedUp
from accounts.serializers.addresses import AddressBookSerializer
from accounts.serializers.users import ProfileSerializer
from config.shared.api.serializers import NothingSerializer
from config.shared.api.views import ApiView, RetrieveMixin, ViewSet
from config.shared.scopes import ALL_METHODS


class Me(ApiView):
    closed_to_keys = {"DELETE"}

    def get_permissions(self) -> list[Any]:
        """Erasure requires a step-up, because it cannot be undone."""
        own = super().get_permissions()
        return [*own, SteppedUp()] if self.request.method == "DELETE" else own

    @extend_schema(responses=ProfileSerializer)
    def get(self, request: Request) -> Response:
        """One's profile."""
        return Response(ProfileSerializer(request.user).data)

    @extend_schema(request=ProfileSerializer, responses=ProfileSerializer)
    def patch(self, request: Request) -> Response:
        """Change your name or locale."""
        serializer = ProfileSerializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Erase your account; 409 `erasure_blocked` with reasons while something is unsettled. A body is refused."""
        self.body(NothingSerializer)
        services.erase_user(user=request.user)
        return Response(status=204)


class Export(ApiView):
    closed_to_keys = ALL_METHODS  # the export includes the data of other scopes

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """All personal data, grouped by the domain that holds it."""
        return Response(services.export_user(user=request.user))


@extend_schema_view(
    list=extend_schema(summary="One's address book"),
    create=extend_schema(summary="Add an address"),
    retrieve=extend_schema(summary="One address"),
    partial_update=extend_schema(summary="Change an address"),
    destroy=extend_schema(summary="Remove an address"),
)
class Addresses(
    mixins.CreateModelMixin, RetrieveMixin, mixins.UpdateModelMixin, mixins.DestroyModelMixin, ViewSet
):
    queryset = Address.objects.all()
    serializer_class = AddressBookSerializer

    def perform_create(self, serializer: BaseSerializer) -> None:
        serializer.save(user=self.request.user)
