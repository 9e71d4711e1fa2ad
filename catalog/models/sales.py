from typing import Any

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from config.shared.money import MAX_AMOUNT, Money

IS_RUNNING = Q(is_sale_running=True)


def amount(name: str) -> Q:
    """The amount is within the range that every JSON client reads exactly."""
    return Q(**{f"{name}__gte": 0, f"{name}__lte": MAX_AMOUNT})


class Shown:
    """Prices of a row as lists show them, from its columns."""

    price_amount: Any
    compare_at_amount: Any
    prior_amount: Any
    currency: Any

    @property
    def price(self) -> Money:
        return Money(self.price_amount, self.currency)

    @property
    def compare_at_price(self) -> Money | None:
        return None if self.compare_at_amount is None else Money(self.compare_at_amount, self.currency)

    @property
    def prior_price(self) -> Money | None:
        return None if self.prior_amount is None else Money(self.prior_amount, self.currency)


class Priced(models.Model):
    """The price of a variant, and at most one sale with a start and an optional end.

    `price_amount` is the regular price. A sale runs from `sale_from` until before `sale_until`; `price` follows the
    clock and is what customers are charged. `is_sale_running` follows the clock within a minute
    (`services.sales.flip_sales`), as do `current_amount` and `current_compare_at`, which lists show, sort and filter by.
    If the present price is a reduction, `prior_amount` is the lowest price of the thirty days before it began. A trigger
    maintains it and the price history.
    """

    price_amount = models.BigIntegerField()
    compare_at_amount = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    sale_amount = models.BigIntegerField(null=True, blank=True)
    sale_from = models.DateTimeField(null=True, blank=True)
    sale_until = models.DateTimeField(null=True, blank=True)
    is_sale_running = models.BooleanField(default=False)
    current_amount = models.GeneratedField(
        expression=Case(When(IS_RUNNING, then=F("sale_amount")), default=F("price_amount")),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    current_compare_at = models.GeneratedField(
        expression=Case(
            When(IS_RUNNING, then=Greatest(F("price_amount"), Coalesce(F("compare_at_amount"), 0))),
            default=F("compare_at_amount"),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    prior_amount = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def runs_now(self) -> bool:
        """By the database's clock when the row was read (`now`, see `for_sale`), else by this process's clock."""
        now = getattr(self, "now", None) or timezone.now()
        if self.sale_amount is None or self.sale_from is None or now < self.sale_from:
            return False
        return self.sale_until is None or now < self.sale_until

    @property
    def price(self) -> Money:
        """The price that a buyer pays."""
        return Money(self.sale_amount if self.runs_now else self.price_amount, self.currency)  # type: ignore[arg-type]

    @property
    def regular_price(self) -> Money:
        return Money(self.price_amount, self.currency)

    @property
    def shown_price(self) -> Money:
        """The price that the catalogue shows, at most a minute behind the clock."""
        return Money(self.sale_amount if self.is_sale_running else self.price_amount, self.currency)  # type: ignore[arg-type]

    @property
    def compare_at_price(self) -> Money | None:
        """The value set by the owner."""
        return None if self.compare_at_amount is None else Money(self.compare_at_amount, self.currency)

    @property
    def shown_compare_at(self) -> Money | None:
        """The compare-at price that is shown: during a sale at least the regular price."""
        if not self.is_sale_running:
            return self.compare_at_price
        return Money(max(self.price_amount, self.compare_at_amount or 0), self.currency)

    @property
    def prior_price(self) -> Money | None:
        return None if self.prior_amount is None else Money(self.prior_amount, self.currency)

    def end_sale(self) -> None:
        self.sale_amount = self.sale_from = self.sale_until = None
        self.is_sale_running = False


def sale_constraints(name: str) -> list[models.CheckConstraint]:
    """A sale has all its columns, is cheaper than the regular price, and ends after it begins."""
    none = Q(sale_amount=None, sale_from=None, sale_until=None, is_sale_running=False)
    whole = Q(sale_amount__gte=0, sale_amount__lt=F("price_amount"), sale_from__isnull=False)
    ends = Q(sale_until=None) | Q(sale_until__gt=F("sale_from"))
    return [models.CheckConstraint(condition=none | (whole & ends), name=f"{name}_sale")]


class PriceChange(models.Model):
    """The shown price of a variant in a currency from `at` on. A trigger writes the rows; they are never changed.

    `actor` is set by the transaction (`services.prices.name_author`). A row without an amount ends the price.
    """

    variant = models.ForeignKey("catalog.Variant", models.CASCADE, related_name="price_changes")
    amount = models.BigIntegerField(null=True)
    compare_at_amount = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    is_sale = models.BooleanField()
    actor = models.CharField(max_length=80, blank=True, db_default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["variant", "id"], name="price_change_of_variant")]
        constraints = [models.CheckConstraint(condition=amount("amount"), name="price_change_amount")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def price(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def compare_at_price(self) -> Money | None:
        return None if self.compare_at_amount is None else Money(self.compare_at_amount, self.currency)
