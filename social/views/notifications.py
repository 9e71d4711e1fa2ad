from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from config.shared.api.parsers import JSONParser
from config.shared.api.serializers import NothingSerializer
from config.shared.api.views import ApiView, ViewSet
from config.shared.errors import Invalid
from social import services
from social.filters import NotificationFilter
from social.models import Notification, SocialSettings, settings_of
from social.pagination import NotificationPagination
from social.serializers import notifications as serializers
from social.services.preferences import kinds_of
from social.unsubscribing import read_token


@extend_schema_view(list=extend_schema(summary="What one should know, newest first"))
class Notifications(ViewSet):
    queryset = Notification.objects.all()
    serializer_class = serializers.NotificationSerializer
    filterset_class = NotificationFilter
    pagination_class = NotificationPagination

    @extend_schema(request=NothingSerializer, responses=serializers.NotificationSerializer)
    def read(self, request: Request, id: str) -> Response:
        """Mark one as read."""
        self.body(NothingSerializer)
        return Response(self.get_serializer(services.read_notification(notification=self.get_object())).data)

    @extend_schema(request=NothingSerializer, responses=serializers.ReadAllSerializer)
    def read_all(self, request: Request) -> Response:
        """Mark all as read."""
        self.body(NothingSerializer)
        return Response({"read": services.read_all(user=request.user)})


class OwnSettings(ApiView):
    """The caller's own settings; a subclass exposes a part of them."""

    serializer_class: type[Any]

    def answer(self, row: SocialSettings) -> Response:
        return Response(self.serializer_class(row).data)

    def get(self, request: Request) -> Response:
        return self.answer(settings_of(request.user))

    def patch(self, request: Request) -> Response:
        body = self.serializer_class(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        return self.answer(services.change_settings(user=request.user, **body.validated_data))


@extend_schema_view(
    get=extend_schema(
        summary="How one is told: by kind and channel", responses=serializers.PreferencesSerializer
    ),
    patch=extend_schema(
        summary="Change it; what is not named stays",
        request=serializers.PreferencesSerializer,
        responses=serializers.PreferencesSerializer,
    ),
)
class Preferences(OwnSettings):
    serializer_class = serializers.PreferencesSerializer


@extend_schema_view(
    get=extend_schema(summary="How others see one", responses=serializers.PublicSelfSerializer),
    patch=extend_schema(
        summary="Change it",
        request=serializers.PublicSelfSerializer,
        responses=serializers.PublicSelfSerializer,
    ),
)
class PublicSelf(OwnSettings):
    serializer_class = serializers.PublicSelfSerializer


TOKEN = OpenApiParameter(
    "token", {"type": "string", "minLength": 1}, required=True, description="From the mail."
)


class Unsubscribe(ApiView):
    """The unsubscribe link of a mail. GET changes nothing, because mail scanners open links."""

    permission_classes = [AllowAny]
    authentication_classes = []
    parser_classes = [JSONParser, FormParser]  # RFC 8058: `List-Unsubscribe=One-Click` as a form
    extra_parameters = ("token",)
    throttle_scope = "auth"

    @extend_schema(parameters=[TOKEN], responses=serializers.KindsSerializer)
    def get(self, request: Request) -> Response:
        """Which mails a token would turn off."""
        return Response({"kinds": kinds_of(read_token(token_of(request))[1])})

    @extend_schema(parameters=[TOKEN], request=None, responses=serializers.KindsSerializer)
    def post(self, request: Request) -> Response:
        """Turn them off (RFC 8058). Repeating it changes nothing."""
        return Response({"kinds": services.unsubscribe(token=token_of(request))})


def token_of(request: Request | HttpRequest) -> str:
    token = request.query_params.get("token")  # type: ignore[union-attr]
    if not token:
        raise Invalid("The parameter token is missing.", code="token_required")
    return token
