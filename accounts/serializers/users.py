"""A user, as they and staff see them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import (
    LineField,
    LocaleField,
    RoleField,
)
from accounts.models import User
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer


class ProfileSerializer(ModelSerializer):
    """The caller's own profile. Name and locale can be changed; the rest may be sent back and is ignored."""

    name = LineField(max_length=150)
    locale = LocaleField(max_length=35, required=False)
    email = fields.EmailField(read_only=True)
    role = RoleField(read_only=True)
    role_name = serializers.ChoiceField(source="role", choices=User.ROLES, read_only=True)
    email_verified = fields.BooleanField(read_only=True)
    seller = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "name",
            "role",
            "role_name",
            "email_verified",
            "locale",
            "seller",
            "created_at",
        ]
        read_only_fields = ["created_at"]

    @extend_schema_field({"type": ["string", "null"], "description": "the id of their shop, in any state"})
    def get_seller(self, user: User) -> str | None:
        return str(user.shop.pk) if user.shop else None

    def update(self, user: User, changes: dict[str, Any]) -> User:
        """Saves only the members sent, so that a role changed by staff at the same moment is kept."""
        for name, value in changes.items():
            setattr(user, name, value)
        user.save(update_fields=list(changes))
        return user


class AdminUserSerializer(ProfileSerializer):
    """A user as staff see them; `role` and `is_active` can be changed."""

    name = LineField(read_only=True)
    locale = LocaleField(read_only=True)
    role = RoleField(required=False)
    is_active = fields.BooleanField(required=False)

    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "is_active", "is_staff"]
        read_only_fields = ["created_at", "is_staff"]
