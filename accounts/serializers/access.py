"""API keys, sessions, and what happened to an account."""

from rest_framework import serializers

from accounts.fields import (
    FutureField,
    LineField,
)
from accounts.models import ApiKey, SecurityEvent, Session
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.scopes import SCOPES


class ApiKeySerializer(ModelSerializer):
    name = LineField(max_length=100)
    scopes = serializers.ListField(
        child=fields.ChoiceField(choices=sorted(SCOPES)), allow_empty=False, max_length=50
    )
    expires_at = FutureField(required=False, allow_null=True)

    class Meta:
        model = ApiKey
        fields = ["id", "name", "prefix", "scopes", "created_at", "last_used_at", "expires_at"]
        read_only_fields = ["prefix", "created_at", "last_used_at"]


class NewApiKeySerializer(ApiKeySerializer):
    """The only answer that contains the key itself."""

    key = fields.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "key"]


class SessionSerializer(Serializer):
    """A device where the user is logged in."""

    id = fields.IdField(read_only=True)
    device = fields.CharField(source="user_agent", read_only=True, help_text="the browser's own words")
    address = fields.CharField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True, help_text="the last log-in or refresh")
    expires_at = serializers.DateTimeField(read_only=True)
    current = serializers.SerializerMethodField(help_text="whether this request comes from there")

    def get_current(self, session: Session) -> bool:
        return session.pk == self.context["request"].actor.session_id


class SecurityEventSerializer(ModelSerializer):
    user = fields.IdField(source="user_id", read_only=True, allow_null=True)
    by = fields.IdField(source="by_id", read_only=True, allow_null=True)

    class Meta:
        model = SecurityEvent
        fields = [
            "id",
            "kind",
            "user",
            "by",
            "subject",
            "address",
            "user_agent",
            "request_id",
            "details",
            "created_at",
        ]
        read_only_fields = fields
