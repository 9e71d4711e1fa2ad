"""Postal addresses."""

from typing import Any

from rest_framework import serializers

from accounts import postal
from accounts.fields import (
    CountryField,
    LineField,
)
from accounts.models import Address
from config.shared.api import fields
from config.shared.api.serializers import Serializer


class AddressSerializer(Serializer):
    """A postal address, in an address book or an order. Region and postal code follow the country's rules."""

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
        """Validates a change together with the unchanged members."""
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
