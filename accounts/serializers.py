from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import postal
from accounts.fields import (
    CountryField,
    FutureField,
    LineField,
    LocaleField,
    PasswordField,
    RoleField,
    TokenField,
)
from accounts.models import Address, ApiKey, SecurityEvent, Seller, Session, User
from config.shared.api import fields
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.api.uploads import UploadField
from config.shared.scopes import SCOPES

# --- Sign-in ----------------------------------------------------------------------------------------------


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


class EmailChangeSerializer(EmailSerializer):
    password = PasswordField()


class TicketSerializer(Serializer):
    ticket = fields.CharField(read_only=True)
    expires_in = fields.IntegerField(read_only=True, help_text="seconds")


class CodeSerializer(Serializer):
    code = fields.CharField(max_length=32, write_only=True, help_text="of the app, or a recovery code")


class StepUpSerializer(Serializer):
    valid_until = serializers.DateTimeField(read_only=True)


class TotpSerializer(Serializer):
    enrolled = fields.BooleanField(read_only=True)
    recovery_codes_left = fields.IntegerField(read_only=True)


class EnrolmentSerializer(Serializer):
    secret = fields.CharField(read_only=True, help_text="Base32")
    uri = fields.CharField(read_only=True, help_text="otpauth://")
    qr = fields.CharField(read_only=True, help_text="the URI as a picture: an SVG data URI")


class RecoveryCodesSerializer(Serializer):
    recovery_codes = serializers.ListField(child=fields.CharField(), read_only=True)


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
    """The only answer that has the key itself."""

    key = fields.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "key"]


class SessionSerializer(Serializer):
    """A place where one is logged in."""

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


# --- Users ------------------------------------------------------------------------------------------------


class ProfileSerializer(ModelSerializer):
    """Oneself. Name and locale can be changed; the rest may be sent back and is ignored."""

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
        """Saves what was sent alone: a role that staff change at the same moment stays changed."""
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


class SessionStartSerializer(TokenPairSerializer):
    user = ProfileSerializer(read_only=True)


# --- Addresses --------------------------------------------------------------------------------------------


class AddressSerializer(Serializer):
    """A postal address, as an address book and an order keep it. Region and postal code are the country's own."""

    name = LineField(max_length=150)
    line1 = LineField(max_length=200)
    line2 = LineField(max_length=200, required=False, allow_blank=True, default="")
    city = LineField(max_length=100)
    region = LineField(max_length=100, required=False, allow_blank=True, default="")
    postal_code = LineField(
        max_length=20, required=False, allow_blank=True, help_text="left out only where a country has none"
    )
    country = CountryField(max_length=2)
    phone = LineField(max_length=40, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A change is judged together with what it leaves as it is."""
        names = ("country", "region", "postal_code")
        address = {name: attrs.get(name, getattr(self.instance, name, None)) for name in names}
        values, refusals = postal.normalised(address, is_whole=self.fields["line1"].required)
        if refusals:
            raise serializers.ValidationError(
                {name: [serializers.ErrorDetail(text, code)] for name, (code, text) in refusals.items()}
            )
        return attrs | values


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
    logo = serializers.SerializerMethodField()

    class Meta:
        model = Seller
        fields = [
            "id",
            "slug",
            "name",
            "description",
            "logo",
            "rating",
            "followers",
            "product_count",
            "created_at",
        ]
        read_only_fields = fields

    @extend_schema_field({"type": ["string", "null"], "format": "uri-reference"})
    def get_logo(self, shop: Seller) -> str | None:
        return shop.logo.url if shop.logo else None


class LogoSerializer(Serializer):
    logo = UploadField(max_length=255)


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


class CommissionSerializer(Serializer):
    commission_rate = fields.RateField()


class AdminSellerSerializer(OwnSellerSerializer):
    """A shop as staff see it."""

    user = fields.IdField(source="user_id", read_only=True)

    class Meta(OwnSellerSerializer.Meta):
        fields = [*OwnSellerSerializer.Meta.fields, "user"]
        read_only_fields = fields
