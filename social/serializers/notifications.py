from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.errors import invalid
from social.models import CAN_WAIT, CHANNELS, Kind, Notification, SocialSettings


class NotificationSerializer(ModelSerializer):
    data = serializers.DictField(read_only=True, help_text="Ids and states; which ones depends on the kind.")
    read = serializers.BooleanField(read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "kind", "data", "read", "created_at"]
        read_only_fields = fields


class ReadAllSerializer(serializers.Serializer):
    read = serializers.IntegerField(help_text="How many were unread.")


class KindsSerializer(serializers.Serializer):
    kinds = serializers.ListField(child=serializers.ChoiceField(Kind.choices))


CHANNEL_SCHEMA = {"type": "object", "properties": {name: {"type": "boolean"} for name in CHANNELS}}


@extend_schema_field({"type": "object", "properties": dict.fromkeys(Kind.values, CHANNEL_SCHEMA)})
class KindsField(serializers.Field):
    """`{"price.drop": {"email": false}}`: a request names changes, a response has all kinds and channels."""

    default_error_messages = {"wrong_type": "Must be an object."}

    def to_internal_value(self, data: Any) -> dict[str, dict[str, bool]]:
        if not isinstance(data, dict):
            self.fail("wrong_type")
        refuse_strangers(data, Kind.values, "kind")
        for kind, channels in data.items():
            check_channels(kind, channels)
        return data

    def get_attribute(self, instance: SocialSettings) -> SocialSettings:
        """Returns the whole row: the column holds only overrides of the defaults."""
        return instance

    def to_representation(self, value: SocialSettings) -> dict[str, Any]:
        return {kind: value.wants(kind) for kind in Kind.values}


def check_channels(kind: str, channels: Any) -> None:
    if not isinstance(channels, dict):
        raise serializers.ValidationError({kind: ["Must be an object of channels."]})
    refuse_strangers(channels, CHANNELS, "channel", kind)
    for name, wish in channels.items():
        if not isinstance(wish, bool):
            raise invalid(f"{kind}/{name}", "Must be true or false.", "wrong_type")


def refuse_strangers(given: dict[str, Any], known: Collection[str], what: str, *way: str) -> None:
    """Lists all unknown names at once. Raises 400."""
    error = serializers.ErrorDetail(
        f"There is no such {what}; there are {', '.join(known)}.", "unknown_field"
    )
    problem: Any = {name: [error] for name in sorted(given.keys() - set(known))}
    if problem:
        for step in way:
            problem = {step: problem}
        raise serializers.ValidationError(problem)


class PreferencesSerializer(Serializer):
    """`digest` collects the mails of the kinds in `can_wait`; all others are sent at once."""

    digest = fields.ChoiceField(
        choices=SocialSettings.Digest.choices, help_text="Daily or on Mondays, 08:00 UTC."
    )
    kinds = KindsField()
    can_wait = serializers.SerializerMethodField()

    def get_can_wait(self, row: SocialSettings) -> list[str]:
        return sorted(str(kind) for kind in CAN_WAIT)


class PublicSelfSerializer(Serializer):
    """`public_name` controls how strangers see one in reviews and questions, and how shops see one among followers."""

    public_name = fields.ChoiceField(choices=SocialSettings.Name.choices)
    keeps_history = fields.BooleanField(help_text="Whether what one looks at is remembered.")
