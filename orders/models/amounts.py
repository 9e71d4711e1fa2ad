"""Money columns: minor units in `<name>_amount`, read as Money of the row's currency."""

from typing import Any

from django.db import models
from django.db.models import Q

from config.shared.money import Money


class MoneyOf:
    """`total = MoneyOf("total_amount")`; None where the column is null."""

    def __init__(self, column: str) -> None:
        self.column = column

    def __get__(self, row: Any, owner: Any = None) -> Any:
        if row is None:
            return self
        amount = getattr(row, self.column)
        return None if amount is None else Money(amount, row.currency)


def amount_field(**options: Any) -> models.BigIntegerField:
    return models.BigIntegerField(default=0, **options)


def not_negative(name: str, *columns: str) -> models.CheckConstraint:
    condition = Q(*[Q(**{f"{column}__gte": 0}) for column in columns])
    return models.CheckConstraint(condition=condition, name=name)


def one_of(name: str, column: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{column}__in": choices.values}), name=name)
