from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import CountryField, LineField, PasswordField, RoleField, TokenField
from accounts.models import Address, Seller, User
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer

# --- Sign-in ----------------------------------------------------------------------------------------------


class NothingSerializer(Serializer):
    """The body of an act that needs none."""


class CredentialsSerializer(Serializer):
    email = fields.EmailField(max_length=254)
    password = PasswordField()


class RegistrationSerializer(CredentialsSerializer):
    name = LineField(max_length=150)


class TokenPairSerializer(Serializer):
    access = fields.CharField(read_only=True)
    refresh = fields.CharField(read_only=True)


class RefreshSerializer(Serializer):
    refresh = TokenField()


class MailTokenSerializer(Serializer):
    token = TokenField()


class EmailSerializer(Serializer):
    email = fields.EmailField(max_length=254)


class PasswordChangeSerializer(Serializer):
    current_password = PasswordField()
    new_password = PasswordField()


class PasswordResetSerializer(Serializer):
    token = TokenField()
    password = PasswordField()


class TicketSerializer(Serializer):
    ticket = fields.CharField(read_only=True)
    expires_in = fields.IntegerField(read_only=True, help_text="seconds")


# --- Users ------------------------------------------------------------------------------------------------


class ProfileSerializer(ModelSerializer):
    """Oneself. Only the name can be changed; the rest may be sent back and is ignored."""

    name = LineField(max_length=150)
    email = fields.EmailField(read_only=True)
    role = RoleField(read_only=True)
    role_name = serializers.ChoiceField(source="role", choices=User.ROLES, read_only=True)
    email_verified = fields.BooleanField(read_only=True)
    seller = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "name", "role", "role_name", "email_verified", "seller", "created_at"]
        read_only_fields = ["created_at"]

    @extend_schema_field({"type": ["string", "null"], "description": "the id of their shop, in any state"})
    def get_seller(self, user: User) -> str | None:
        return str(user.shop.pk) if user.shop else None

    def update(self, user: User, changes: dict[str, Any]) -> User:
        """Saves what was sent alone: a role that staff change at the same moment stays changed."""
        for name, value in changes.items():
            setattr(user, name, value)
        user.save(update_fields=list(changes))
        return user


class AdminUserSerializer(ProfileSerializer):
    """A user as staff see them; `role` and `is_active` can be changed."""

    name = LineField(read_only=True)
    role = RoleField(required=False)
    is_active = fields.BooleanField(required=False)

    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "is_active", "is_staff"]
        read_only_fields = ["created_at", "is_staff"]


class SessionStartSerializer(TokenPairSerializer):
    user = ProfileSerializer(read_only=True)


# --- Addresses --------------------------------------------------------------------------------------------


class AddressSerializer(Serializer):
    """A postal address, as an address book and an order keep it."""

    name = LineField(max_length=150)
    line1 = LineField(max_length=200)
    line2 = LineField(max_length=200, required=False, allow_blank=True, default="")
    city = LineField(max_length=100)
    region = LineField(max_length=100, required=False, allow_blank=True, default="")
    postal_code = LineField(max_length=20)
    country = CountryField(max_length=2)
    phone = LineField(max_length=40, required=False, allow_blank=True, default="")


class AddressBookSerializer(AddressSerializer, serializers.ModelSerializer):
    """An entry of one's address book."""

    id = fields.IdField(read_only=True, source="pk")

    class Meta:
        model = Address
        fields = [
            "id",
            "name",
            "line1",
            "line2",
            "city",
            "region",
            "postal_code",
            "country",
            "phone",
            "created_at",
        ]
        read_only_fields = ["created_at"]


# --- Shops ------------------------------------------------------------------------------------------------


class RatingSerializer(Serializer):
    average = serializers.FloatField(source="rating_average", read_only=True, allow_null=True)
    count = fields.IntegerField(source="rating_count", read_only=True)


class SellerSerializer(ModelSerializer):
    """A shop as anybody sees it."""

    rating = RatingSerializer(source="*", read_only=True)
    followers = fields.IntegerField(source="followers_count", read_only=True)

    class Meta:
        model = Seller
        fields = ["id", "slug", "name", "description", "rating", "followers", "product_count", "created_at"]
        read_only_fields = fields


class OwnSellerSerializer(SellerSerializer):
    """A shop as its owner sees it, who may change its name and description."""

    name = LineField(max_length=150)
    description = fields.CharField(max_length=5000, required=False, allow_blank=True)
    commission_rate = fields.RateField(read_only=True)

    class Meta(SellerSerializer.Meta):
        fields = [*SellerSerializer.Meta.fields, "status", "commission_rate"]
        read_only_fields = ["slug", "product_count", "created_at", "status"]

    def update(self, shop: Seller, changes: dict[str, Any]) -> Seller:
        """Needs the row's lock. A change counts as a version; nothing else of the row is written."""
        for name, value in changes.items():
            setattr(shop, name, value)
        shop.version += 1
        shop.save(update_fields=[*changes, "version"])
        return shop


class AdminSellerSerializer(OwnSellerSerializer):
    """A shop as staff see it."""

    user = fields.IdField(source="user_id", read_only=True)

    class Meta(OwnSellerSerializer.Meta):
        fields = [*OwnSellerSerializer.Meta.fields, "user"]
        read_only_fields = fields
