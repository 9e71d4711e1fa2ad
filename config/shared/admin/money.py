"""Amounts in forms: written as people do ("19.99"), kept in minor units."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from unfold.widgets import UnfoldAdminTextInputWidget

from config.shared.money import MAX_AMOUNT, from_decimal, to_decimal


class AmountField(forms.CharField):
    """A text such as "19.99"; the form knows the currency and converts it with `amount_in`."""

    default_validators = [
        RegexValidator(r"^[0-9]{1,16}([.,][0-9]{1,3})?\Z", "Write an amount such as 19.99.")
    ]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}))
        super().__init__(max_length=24, **kwargs)


def amount_in(text: str, currency: str, *, least: int = 0) -> int:
    """The amount in minor units. Raises ValidationError if the text is no amount of that currency."""
    try:
        amount = from_decimal(text.replace(",", "."), currency)
    except ValueError:
        raise ValidationError(f"This is no amount of {currency}: write one such as 19.99.") from None
    if not least <= amount <= MAX_AMOUNT:
        raise ValidationError(f"At least {to_decimal(least, currency)}, and no more than can be counted.")
    return amount


def shown(amount: int | None, currency: str) -> str:
    """An amount for a form, without the currency."""
    return "" if amount is None else str(to_decimal(amount, currency))


def money(amount: int | None, currency: str) -> str:
    """An amount for people: "1,234.50 EUR"."""
    if amount is None:
        return "-"
    value: Decimal = to_decimal(amount, currency)
    return f"{value:,} {currency}"


def column(name: str, title: str = "") -> Any:
    """A sortable list column of an amount, with thousands separators."""

    def show(self: Any, row: Any) -> str:
        return money(getattr(row, name), row.currency)

    show.short_description = title or name.removesuffix("_amount").replace("_", " ")  # type: ignore[attr-defined]
    show.admin_order_field = name  # type: ignore[attr-defined]
    return show
