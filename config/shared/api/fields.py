"""Strict fields: a wrong JSON type is refused, never coerced (DRF takes 7 as a text and "5" as an integer)."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.shared.emails import normal_email
from config.shared.money import CURRENCIES, MAX_AMOUNT, Money

MAX_INTEGER = 2**31 - 1  # PostgreSQL's integer


class CharField(serializers.CharField):
    """Text: trimmed, without NUL, at most `max_length` characters (255 by default)."""

    default_error_messages = {"wrong_type": "Must be a text."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("wrong_type")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)  # counted before trimming, as documented
        return super().to_internal_value(data)


class EmailField(serializers.EmailField, CharField):
    """An address in canonical spelling: two accounts must not differ by case alone."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return normal_email(super().to_internal_value(data))
        except UnicodeError:
            self.fail("invalid")


class ChoiceField(serializers.ChoiceField):
    default_error_messages = {"wrong_type": "Must be a text."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("wrong_type")
        return super().to_internal_value(data)


class IntegerField(serializers.IntegerField):
    """A whole JSON number, not "5", 5.0, 1e3 or true; between 0 and 2³¹−1 by default."""

    default_error_messages = {"wrong_type": "Must be an integer."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", MAX_INTEGER)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("wrong_type")
        return data


class BooleanField(serializers.BooleanField):
    default_error_messages = {"wrong_type": "Must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("wrong_type")
        return data


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^\\u0000]+$"})
class IdField(serializers.Field):
    """An opaque id (or a slug) as a text; on output, the primary key as a text."""

    default_error_messages = {"wrong_type": "Must be an id as a text.", "too_long": "Is too long for an id."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not data:
            self.fail("wrong_type")
        if len(data) > 255 or "\x00" in data:
            self.fail("too_long")
        return data

    def to_representation(self, value: Any) -> str:
        return str(getattr(value, "pk", value))


@extend_schema_field({"type": "string", "format": "decimal", "example": "0.19"})
class RateField(serializers.Field):
    """A rate between 0 and 1 as a decimal text, such as "0.19"; at most six digits after the point."""

    default_error_messages = {"invalid": 'Must be a decimal text between "0" and "1", such as "0.19".'}

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            rate = Decimal(data) if isinstance(data, str) and len(data) < 20 else None
        except InvalidOperation:
            rate = None
        if rate is None or not rate.is_finite() or not 0 <= rate <= 1 or rate.as_tuple().exponent < -6:
            self.fail("invalid")
        return rate

    def to_representation(self, value: Decimal) -> str:
        return f"{value.normalize():f}"


class TimeField(serializers.DateTimeField):
    """An RFC 3339 time with its offset; a time without one is refused."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            time = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            time = None
        if time is None or time.tzinfo is None:
            self.fail("invalid", format="RFC 3339 with an offset, such as 2026-01-31T12:00:00Z")
        return time


@extend_schema_field(
    {
        "type": "object",
        "required": ["amount", "currency"],
        "properties": {
            "amount": {"type": "integer", "minimum": 0, "maximum": MAX_AMOUNT, "description": "minor units"},
            "currency": {"type": "string", "enum": sorted(CURRENCIES), "description": "ISO 4217"},
        },
        "example": {"amount": 1999, "currency": "USD"},
    }
)
class MoneyField(serializers.Field):
    """`{"amount": 1999, "currency": "USD"}` in minor units, to and from `Money`."""

    default_error_messages = {
        "wrong_type": 'Must be an object like {{"amount": 1999, "currency": "USD"}}.',
        "amount": "amount must be an integer of minor units.",
        "negative": "amount must not be negative.",
        "too_large": f"amount must not exceed {MAX_AMOUNT}.",
        "currency": "currency must be an ISO 4217 code such as USD.",
    }

    def to_internal_value(self, data: Any) -> Money:
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            self.fail("wrong_type")
        amount, currency = data["amount"], data["currency"]
        if not isinstance(amount, int) or isinstance(amount, bool):
            self.fail("amount")
        if amount < 0:
            self.fail("negative")
        if amount > MAX_AMOUNT:
            self.fail("too_large")
        if not isinstance(currency, str) or currency not in CURRENCIES:
            self.fail("currency")
        return Money(amount, currency)

    def to_representation(self, value: Money) -> dict[str, Any]:
        return value.as_json()
