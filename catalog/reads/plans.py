"""Which requests are answered here, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from rest_framework.exceptions import APIException

from catalog.reads import statements
from catalog.reads.rows import image_row, listed_product, variant_row, whole_product
from catalog.search.asked import understand
from catalog.search.ranking import page_of
from catalog.search.suggest import LONGEST, suggest
from catalog.serializers.products import list_row_of, whole_of
from config.shared.api.pagination import Cursor, KeysetPagination, link, neighbours
from config.shared.api.params import MAX_LENGTH
from config.shared.encoding import to_json
from config.shared.lookups import is_id
from config.shared.money import CURRENCIES
from config.shared.postgres import hot

LIST, SUGGEST = "/api/v1/products", "/api/v1/search/suggest"
KEYED = ("category", "brand", "seller")
FLAGS = {"true": True, "false": False}
SORTS = {"created_at": "created_at", "rating": "rating_average", "best_selling": "units_sold"}
NEWEST, RELEVANCE = "-created_at", "relevance"


@dataclass(frozen=True, slots=True)
class Read:
    """`route` is Django's name of the URL pattern; `body` returns the answer, or None if a view must answer."""

    route: str
    body: Callable[[], bytes | None]


@dataclass(frozen=True, slots=True)
class Page:
    """A requested page."""

    query: tuple[tuple[str, str], ...]
    sort: str
    limit: int
    cursor: Cursor | None
    currency: str

    @property
    def is_backwards(self) -> bool:
        return self.cursor is not None and self.cursor.backwards

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-") != self.is_backwards

    def answer(self, found: list[Any], key: Callable[[Any], list[Any]], **about: Any) -> bytes:
        """`found` has one row beyond the limit if there are more; `key` returns a row's position in the list."""
        rows = found[: self.limit][:: -1 if self.is_backwards else 1]
        behind, before = neighbours(rows, more=len(found) > self.limit, cursor=self.cursor)
        body = {
            "results": [list_row_of(row) for row in rows],
            "next": self.link(key(rows[-1]), backwards=False) if behind else None,
            "previous": self.link(key(rows[0]), backwards=True) if before else None,
        }
        return to_json(body | about)

    def link(self, values: list[Any], *, backwards: bool) -> str:
        return link(
            LIST, [(name, [value]) for name, value in self.query], Cursor(self.sort, values, backwards)
        )


@lru_cache(4096)
def find(path: str, query: str) -> Read | None:
    """How to answer a guest's request; None leaves it to Django."""
    if path == LIST:
        return find_list(tuple(parse_qsl(query, keep_blank_values=True)))
    if path == SUGGEST:
        return find_suggestions(parse_qsl(query, keep_blank_values=True))
    head, _, key = path.rpartition("/")
    currency = query.removeprefix("currency=") if query else settings.DEFAULT_CURRENCY
    if head != LIST or currency not in CURRENCIES:
        return None
    return Read("api/v1/products/<str:id>", partial(product, key))


def find_list(query: tuple[tuple[str, str], ...]) -> Read | None:
    given = dict(query)
    if len(given) < len(query) or not all(is_plain(name, text) for name, text in query):
        return None
    page = page_in(query, given)
    asked = given.keys() - {"limit", "cursor", "sort", "currency"}
    if page is None:
        return None
    if asked == {"q"} and given["q"].strip() and page.sort == RELEVANCE:
        return Read("api/v1/products", partial(search, page, given["q"].strip()))
    if not asked <= {*KEYED, *statements.FLAGS} or page.sort.removeprefix("-") not in SORTS:
        return None
    if any(given[name] not in FLAGS for name in asked & statements.FLAGS.keys()):
        return None
    return Read(
        "api/v1/products", partial(listed, page, tuple((name, given[name]) for name in sorted(asked)))
    )


def is_plain(name: str, text: str) -> bool:
    """Whether the value needs no handling by Django, which strips blanks and reports errors."""
    return (text == text.strip() or name == "q") and 0 < len(text) <= MAX_LENGTH and "\x00" not in text


def find_suggestions(given: list[tuple[str, str]]) -> Read | None:
    text = dict(given).get("q", "").strip()
    if [name for name, _ in given] != ["q"] or not 1 <= len(text) <= LONGEST or "\x00" in text:
        return None
    return Read("api/v1/search/suggest", lambda: to_json(suggest(text)))


def page_in(query: tuple[tuple[str, str], ...], given: dict[str, str]) -> Page | None:
    limit = given.get("limit", str(KeysetPagination.default_limit))
    if not (
        limit.isascii()
        and limit.isdecimal()
        and len(limit) < 4
        and 1 <= int(limit) <= KeysetPagination.max_limit
    ):
        return None
    try:
        cursor = Cursor.decode(given["cursor"]) if "cursor" in given else None
    except APIException:
        return None
    sort = given.get("sort") or (cursor.sort if cursor else RELEVANCE if "q" in given else NEWEST)
    currency = given.get("currency", settings.DEFAULT_CURRENCY)
    if currency not in CURRENCIES or (
        cursor and (cursor.sort != sort or len(cursor.values) != (3 if sort == RELEVANCE else 2))
    ):
        return None
    return Page(query, sort, int(limit), cursor, currency)


def listed(page: Page, filters: tuple[tuple[str, str], ...]) -> bytes:
    """One statement."""
    column = SORTS[page.sort.removeprefix("-")]
    sql = statements.page_of(
        filters=tuple((name, "id" if is_id(text) else "slug") for name, text in filters), column=column,
        is_descending=page.is_descending, is_beyond=page.cursor is not None, rows=page.limit + 1,
    )  # fmt: skip
    values = [value_of(name, text) for name, text in filters if name != "category"]
    values += page.cursor.values if page.cursor else []
    values += [value_of(name, text) for name, text in filters if name == "category"]
    found = [listed_product(row) for row in hot.rows(sql, [*values, page.currency])]
    return page.answer(found, lambda row: [getattr(row, column), row.id])


def value_of(name: str, text: str) -> Any:
    if name in statements.FLAGS:
        return FLAGS[text]
    return int(text) if is_id(text) else text


def search(page: Page, text: str) -> bytes:
    """Three statements: the words, the page's ids, the rows."""
    asked = understand(text)
    found = page_of(asked, limit=page.limit, sort=page.sort, cursor=page.cursor)
    scores = dict(found.rows)
    rows = {row[0]: listed_product(row) for row in hot.rows(statements.THESE, [list(scores), page.currency])}
    best = [rows[key] for key in scores if key in rows]
    about = {"corrected_query": asked.corrected, "capped": found.is_capped, "nearest": found.is_nearest}
    return page.answer(best, lambda row: [scores[row.id], row.id, found.cut], **about)


def product(key: str) -> bytes | None:
    """Three statements. None if it is not public or has prices in further currencies."""
    by = "id" if is_id(key) else "slug"
    found = hot.rows(WHOLE_BY[by], [int(key) if by == "id" else key])
    if not found:
        return None
    row = whole_product(found[0])
    if row.currencies:
        return None
    variants = [variant_row(variant) for variant in hot.rows(statements.VARIANTS, [row.id])]
    images = [image_row(image) for image in hot.rows(statements.IMAGES, [row.id])]
    return to_json(whole_of(row, variants, images, currency=row.currency))


WHOLE_BY: dict[str, str] = {by: statements.WHOLE_PRODUCT.format(key=by) for by in ("id", "slug")}
