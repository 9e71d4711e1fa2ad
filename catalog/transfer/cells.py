"""Single cells: amounts, counts, and texts that a spreadsheet would run as a formula.

A cell is text. It is converted to the value that a client would send to the API, and validated by the fields of the
API's serializers (`checked`).
"""

import re
from functools import cache
from typing import Any

from rest_framework.exceptions import ValidationError

from catalog.serializers.taxonomy import BrandSerializer, CategorySerializer
from catalog.serializers.writing import NewProductSerializer, NewVariantSerializer
from config.shared.errors import field_errors
from config.shared.money import CURRENCIES, MAX_AMOUNT, Money, from_decimal, to_decimal

LEADS = r"[=+\-@\t\r\n＝＋－＠]"  # the wide forms count as formulas in Chinese and Japanese spreadsheets
FORMULA = re.compile(rf"'*{LEADS}")
DEFUSED = re.compile(rf"'+{LEADS}")
AMOUNT = re.compile(r"\d{1,16}(\.\d{1,3})?", re.ASCII)
MAX_COUNT = 2**31 - 1


class BadCell(Exception):
    """An invalid cell: its column, a stable code, what is wrong, and its line if known."""

    def __init__(self, column: str, code: str, detail: str, *, line: int = 0) -> None:
        super().__init__(detail)
        self.column, self.code, self.detail, self.line = column, code, detail, line


@cache
def rules() -> dict[str, Any]:
    names = {
        "category_name": CategorySerializer().fields["name"],
        "brand_name": BrandSerializer().fields["name"],
    }
    return {**NewVariantSerializer().fields, **NewProductSerializer().fields, **names}


def checked(value: Any, field: str, column: str = "") -> Any:
    """The value after validation by this field of a new product; raises BadCell if the API would refuse it."""
    try:
        return rules()[field].run_validation(value)
    except ValidationError as problem:
        first = field_errors(problem.detail)[0]
        raise BadCell(column or field, first["code"], first["detail"]) from None


def defuse(text: str) -> str:
    """Escapes a cell that a spreadsheet would run as a formula; `restore` undoes it."""
    return f"'{text}" if FORMULA.match(text) else text


def restore(text: str) -> str:
    return text[1:] if DEFUSED.match(text) else text


def money(value: str, column: str, currency: str) -> Money:
    if currency not in CURRENCIES:
        raise BadCell("currency", "invalid_currency", f"{currency[:10]!r} is no ISO 4217 code.")
    try:
        amount = from_decimal(value, currency) if AMOUNT.fullmatch(value) else -1
    except ValueError:
        amount = -1
    if not 0 <= amount <= MAX_AMOUNT:
        raise BadCell(column, "invalid_price", f"{value[:50]!r} is no price in {currency}.")
    return Money(amount, currency)


def count(value: str, column: str) -> int | None:
    """A whole number; None when the cell is empty."""
    if not value:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 12 and int(value) <= MAX_COUNT):
        raise BadCell(column, "invalid_number", f"{value[:50]!r} is no whole number from 0.")
    return int(value)


def decimal(money_: Money) -> str:
    """1999 USD as 19.99."""
    return f"{to_decimal(money_.amount, money_.currency):f}"
