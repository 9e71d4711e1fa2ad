"""The row types of the demo's tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

FIRST_STOCK = 70  # days ago


@dataclass(frozen=True, slots=True)
class Person:
    """`key` names the person in the other tables; people with an address at souk.test can log in."""

    key: str
    email: str
    name: str
    place: str = "berlin"


@dataclass(frozen=True, slots=True)
class Shop:
    """`goods` ship free from `free_from` (US cents)."""

    key: str
    owner: str
    name: str
    description: str
    free_from: int
    parcel: int
    express: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A product. Prices are in US cents; `path` is its category from the top down; `picture` a drawing and its colour.

    There is a variant for each combination of `options`; `stock` is divided among them in turn, and `extra` is what a
    value adds to the price. `days` is how long ago it was published.
    """

    key: str
    title: str
    path: str
    brand: str
    price: int
    text: str
    picture: tuple[str, str]
    was: int | None = None
    stock: Sequence[int] = (24,)
    attributes: Mapping[str, str | int] = field(default_factory=dict)
    tags: Sequence[str] = ()
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    extra: Mapping[str, int] = field(default_factory=dict)
    weight: int = 500  # grams
    days: int = FIRST_STOCK
    status: str = "active"

    @property
    def combinations(self) -> list[dict[str, str]]:
        """The options of each variant; a product without options has one variant."""
        return [dict(zip(self.options, values, strict=True)) for values in product(*self.options.values())]


@dataclass(frozen=True, slots=True)
class Past:
    """An order: how many days ago, by whom (an e-mail address means a guest), what ("key*2"), and its fate."""

    days: float
    buyer: str
    lines: str
    fate: str
    coupon: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A review by somebody who has received the product, this many days ago."""

    days: float
    buyer: str
    good: str
    rating: int
    title: str
    body: str
    reply: str = ""
