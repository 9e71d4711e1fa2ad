"""`/admin/webhooks` and `/sellers/me/webhooks`: the same views, for the platform's events and for a shop's."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from config.shared.actor import ADMIN_AUDIENCE, seller_audience
from config.shared.api.views import ViewSet
from config.shared.permissions import Administers, IsActiveSeller
from config.shared.webhooks import services
from config.shared.webhooks.models import WebhookDelivery, WebhookEndpoint
from config.shared.webhooks.serializers import (
    DeliveryDetailSerializer,
    DeliverySerializer,
    NewWebhookSerializer,
    WebhookSerializer,
)


class ByPlatform:
    permission_classes = [Administers]

    @property
    def owner(self) -> str:
        return ADMIN_AUDIENCE


class BySeller:
    permission_classes = [IsActiveSeller]

    @property
    def owner(self) -> str:
        return seller_audience(self.request.actor.seller_id)  # type: ignore[attr-defined]


class Webhooks(mixins.DestroyModelMixin, ViewSet):
    queryset = WebhookEndpoint.objects.all()
    serializer_class = WebhookSerializer
    idempotency = "never"  # answers hold secrets
    owner: str

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(owner=self.owner)

    @extend_schema(summary="One webhook")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        summary="Be told of events at an address; this answer alone has the secret",
        responses={201: NewWebhookSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        values = {name: value for name, value in body.validated_data.items() if name != "is_active"}
        endpoint = services.create_webhook(owner=self.owner, **values)
        return Response(NewWebhookSerializer(endpoint).data, status=201)

    @extend_schema(summary="Change a webhook, switch it off or on")
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        endpoint = self.get_object()
        body = self.get_serializer(endpoint, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        changed = services.change_webhook(endpoint=endpoint, changes=dict(body.validated_data))
        return Response(self.get_serializer(changed).data)

    @extend_schema(
        summary="A new secret, in this answer alone; the old one signs beside it for a day",
        request=None,
        responses=NewWebhookSerializer,
    )
    def rotate_secret(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        endpoint = services.rotate_secret(endpoint=self.get_object())
        return Response(NewWebhookSerializer(endpoint).data)


class DeliveryFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=WebhookDelivery.Status.choices)
    type = django_filters.CharFilter(max_length=50)


class Deliveries(ViewSet):
    queryset = WebhookDelivery.objects.all()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    owner: str

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(endpoint=self.endpoint)

    @property
    def endpoint(self) -> WebhookEndpoint:
        mine = WebhookEndpoint.objects.visible_to(self.request.actor).filter(owner=self.owner)
        return self.find(mine, self.kwargs["webhook_id"])

    @extend_schema(
        summary="One delivery, with each request and its answer", responses=DeliveryDetailSerializer
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(DeliveryDetailSerializer(self.get_object()).data)

    @extend_schema(summary="Send an event of no meaning", request=None, responses={202: DeliverySerializer})
    def test(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        delivery = services.send_test(endpoint=self.endpoint)
        return Response(self.get_serializer(delivery).data, status=202)

    @extend_schema(
        summary="Send it again, with the same `webhook-id`", request=None, responses={202: DeliverySerializer}
    )
    def redeliver(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        delivery = services.redeliver(delivery=self.get_object())
        return Response(self.get_serializer(delivery).data, status=202)


@extend_schema_view(
    list=extend_schema(summary="The platform's webhooks"),
    destroy=extend_schema(summary="Remove a webhook and its log"),
)
class PlatformWebhooks(ByPlatform, Webhooks):
    pass


@extend_schema_view(
    list=extend_schema(summary="One's shop's webhooks"),
    destroy=extend_schema(summary="Remove a webhook and its log"),
)
class SellerWebhooks(BySeller, Webhooks):
    pass


@extend_schema_view(list=extend_schema(summary="What a webhook was sent, newest first"))
class PlatformDeliveries(ByPlatform, Deliveries):
    pass


@extend_schema_view(list=extend_schema(summary="What a webhook was sent, newest first"))
class SellerDeliveries(BySeller, Deliveries):
    pass
