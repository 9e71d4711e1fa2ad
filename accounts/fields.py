import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.countries import COUNTRIES
from config.shared.api import fields
from config.shared.api.fields import TimeField

ROLES = {number: name for name, number in settings.ROLE_IDS.items()}
ONE_LINE = RegexValidator(r"\A[^\x00-\x1f\x7f\u2028\u2029]*\Z", "Must be a single line.", "control_character")


class LineField(fields.CharField):
    """Text on a single line, for labels and lists."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(ONE_LINE)


class FutureField(TimeField):
    """An RFC 3339 time with its offset, in the future."""

    default_error_messages = {"past": "Must be in the future."}

    def to_internal_value(self, value: Any) -> datetime:
        time = super().to_internal_value(value)
        if time <= timezone.now():
            self.fail("past")
        return time


@extend_schema_field({"type": "string", "description": "a BCP 47 language tag", "example": "de-AT"})
class LocaleField(fields.CharField):
    """A language, optionally with script and region, in the usual case; texts in it need not exist."""

    default_error_messages = {"locale": "Must be a language tag such as en or de-AT."}
    form = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")

    def to_internal_value(self, data: Any) -> str:
        locale = super().to_internal_value(data)
        if not self.form.fullmatch(locale):
            self.fail("locale")
        return locale


class PasswordField(fields.CharField):
    """A password exactly as typed: spaces count. The service checks the rules for new ones."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=128, trim_whitespace=False, write_only=True, **kwargs)


class TokenField(fields.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4096, write_only=True, **kwargs)


@extend_schema_field(
    {"type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166-1 alpha-2", "example": "DE"}
)
class CountryField(fields.CharField):
    default_error_messages = {"country": "Must be an ISO 3166-1 alpha-2 code in capitals, such as DE."}

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str) and data not in COUNTRIES:
            self.fail("country")
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "enum": sorted(ROLES)},
            {"type": "string", "enum": sorted(settings.ROLE_IDS)},
        ],
        "description": "The role's id; its name is accepted, too.",
    }
)
class RoleField(serializers.Field):
    """In: a role's id (a number) or its name; out: the id."""

    default_error_messages = {"invalid_choice": "Must be the id or the name of a role."}

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str) and data in settings.ROLE_IDS:
            return data
        if isinstance(data, bool) or not isinstance(data, int) or data not in ROLES:
            self.fail("invalid_choice")
        return ROLES[data]

    def to_representation(self, value: str) -> int:
        return settings.ROLE_IDS[value]
