from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.shared import outbound
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer
from config.shared.events.declared import told_types
from config.shared.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint


@extend_schema_field({"type": "string", "format": "uri", "example": "https://example.com/hooks/souk"})
class TargetField(fields.CharField):
    """An address that may be called in principle; whether its host is public is checked again at each sending."""

    default_error_messages = {
        "address_refused": "{detail}",
        "not_secure": "The URL must begin with https://.",
    }

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        try:
            target = outbound.parse(url)
        except outbound.Refused as refusal:
            self.fail("address_refused", detail=str(refusal))
        if target.scheme != "https" and not settings.OUTBOUND_LOOPBACK:
            self.fail("not_secure")
        return url


NAME = {"type": "string", "minLength": 1, "maxLength": 50}


@extend_schema_field({"type": "array", "items": NAME, "maxItems": 50, "example": ["order.placed"]})
class EventsField(serializers.ListField):
    """Names of event types."""

    default_error_messages = {"unknown_event": "There is no event {name}; there are: {known}."}

    def to_internal_value(self, data: Any) -> list[str]:
        names = super().to_internal_value(data)
        known = told_types()
        for name in names:
            if name not in known:
                self.fail("unknown_event", name=name, known=", ".join(sorted(known)))
        return sorted(set(names))


class WebhookSerializer(ModelSerializer):
    url = TargetField(max_length=2048)
    description = fields.CharField(required=False, allow_blank=True)
    events = EventsField(
        child=fields.CharField(max_length=50), required=False, max_length=50, help_text="none: all"
    )
    is_active = fields.BooleanField(required=False)
    disabled_reason = serializers.CharField(
        read_only=True, help_text='owner, failing, gone, suspended; "" while it is on'
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["id", "url", "description", "events", "is_active", "disabled_at", "disabled_reason"]
        fields += ["failures", "failing_since", "created_at"]
        read_only_fields = ["disabled_at", "disabled_reason", "failures", "failing_since", "created_at"]


class NewWebhookSerializer(WebhookSerializer):
    """The only answer that contains the secret."""

    secret = fields.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class AttemptSerializer(ModelSerializer):
    class Meta:
        model = WebhookAttempt
        fields = ["at", "url", "request_headers", "status", "answer", "error", "seconds"]


class DeliverySerializer(ModelSerializer):
    webhook = fields.IdField(source="endpoint_id", read_only=True)
    message = fields.CharField(source="message_id", read_only=True, help_text="`webhook-id`")
    event = serializers.SerializerMethodField(help_text="its cursor in the log; null for a test")

    class Meta:
        model = WebhookDelivery
        fields = ["id", "webhook", "message", "event", "type", "status", "attempts", "next_attempt_at"]
        fields += ["delivered_at", "created_at"]
        read_only_fields = fields

    def get_event(self, delivery: WebhookDelivery) -> str | None:
        return None if delivery.position is None else str(delivery.position)


class DeliveryDetailSerializer(DeliverySerializer):
    """With what was sent and what was answered."""

    log = AttemptSerializer(many=True, read_only=True)

    class Meta(DeliverySerializer.Meta):
        fields = [*DeliverySerializer.Meta.fields, "body", "log"]
        read_only_fields = fields
