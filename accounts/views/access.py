"""What opens an account: sessions and API keys. Closed to API keys."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.models import ApiKey, Session
from accounts.permissions import HoldsKeys
from accounts.serializers.access import ApiKeySerializer, NewApiKeySerializer, SessionSerializer
from config.shared.api.views import ViewSet
from config.shared.scopes import ALL_METHODS


@extend_schema_view(
    list=extend_schema(summary="Where one is logged in"),
    destroy=extend_schema(summary="Log out another device, or this one"),
)
class Sessions(mixins.DestroyModelMixin, ViewSet):
    queryset = Session.objects.select_related("user")
    serializer_class = SessionSerializer
    closed_to_keys = ALL_METHODS
    alternative_lookup = "id"

    def perform_destroy(self, instance: Session) -> None:
        services.end_own_session(session=instance)


@extend_schema_view(
    list=extend_schema(summary="One's API keys, without the keys themselves"),
    destroy=extend_schema(summary="Revoke a key, at once and for good"),
)
class ApiKeys(mixins.DestroyModelMixin, ViewSet):
    queryset = ApiKey.objects.all()
    serializer_class = ApiKeySerializer
    permission_classes = [HoldsKeys]
    closed_to_keys = ALL_METHODS
    idempotency = "never"

    @extend_schema(
        summary="Make a key; this answer alone has it",
        request=ApiKeySerializer,
        responses={201: NewApiKeySerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = self.body()
        services.require_step_up(request.actor)
        key, text = services.create_api_key(user=request.user, **body)
        key.key = text
        return Response(NewApiKeySerializer(key).data, status=201)

    def perform_destroy(self, instance: ApiKey) -> None:
        services.revoke_api_key(key=instance)
