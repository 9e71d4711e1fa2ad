from django.urls import URLPattern, path

from config.shared.webhooks.views import (
    PlatformDeliveries,
    PlatformWebhooks,
    SellerDeliveries,
    SellerWebhooks,
)

ALL = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}


def paths(prefix: str, webhooks: type, deliveries: type) -> list[URLPattern]:
    one, sent = f"{prefix}/<str:id>", f"{prefix}/<str:webhook_id>"
    return [
        path(prefix, webhooks.as_view(ALL, detail=False)),
        path(one, webhooks.as_view(ONE, detail=True)),
        path(f"{one}/rotate-secret", webhooks.as_view({"post": "rotate_secret"}, detail=True)),
        path(f"{sent}/test", deliveries.as_view({"post": "test"}, detail=False)),
        path(f"{sent}/deliveries", deliveries.as_view({"get": "list"}, detail=False)),
        path(f"{sent}/deliveries/<str:id>", deliveries.as_view({"get": "retrieve"}, detail=True)),
        path(f"{sent}/deliveries/<str:id>/redeliver", deliveries.as_view({"post": "redeliver"}, detail=True)),
    ]


urlpatterns = [
    *paths("admin/webhooks", PlatformWebhooks, PlatformDeliveries),
    *paths("sellers/me/webhooks", SellerWebhooks, SellerDeliveries),
]
