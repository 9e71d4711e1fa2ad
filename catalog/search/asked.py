"""Reads the text of a search box as a query: corrects it, and allows for an unfinished last word."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from math import inf, prod
from operator import or_

from catalog.search.sql import TsQuery, plain, raw, web
from config.shared.postgres import hot

TOKEN = re.compile(r'-?"[^"]*"?|\S+')
PLAIN_WORD = re.compile(r"[^\W\d_]+")
MOST_WORDS = 16  # looked up in the vocabulary; the rest of a sentence pasted by mistake is not
WORDS = "SELECT is_known, nearest, endings, products, of FROM catalog_search_words(%s) ORDER BY place"


@dataclass(frozen=True, slots=True)
class Asked:
    """`strict` must match. `whole` is `strict` without the `endings` of the last word, which count less in the rank.
    `loose` is any of the words, used when nothing matches. `words` is the phrase that may be suggested to others, None
    unless all its words are in the vocabulary. `expected` estimates the number of matching products, assuming that words
    occur independently of each other."""

    text: str
    corrected: str | None
    whole: TsQuery
    strict: TsQuery
    loose: TsQuery
    words: list[str] | None = None
    expected: float = inf


@dataclass(slots=True)
class Word:
    """A word that must match. `is_said` when a product contains it, as typed or corrected."""

    at: int
    text: str
    is_said: bool = False
    products: float = inf
    of: float = 1.0
    endings: list[str] = field(default_factory=list)


def understand(text: str) -> Asked:
    """Reads `text` as `websearch_to_tsquery` does, after correcting its words. One statement."""
    tokens = TOKEN.findall(text)
    words = [Word(at, token) for at, token in enumerate(tokens) if is_plain(token)][:MOST_WORDS]
    corrected = correct(tokens, words)
    endings = words[-1].endings if words and is_open(tokens, words[-1]) else []
    whole = web(" ".join(corrected))
    strict = whole
    if endings:
        last = web(corrected[-1]) | raw(" | ".join(endings))
        strict = web(" ".join(corrected[:-1])) & last if len(corrected) > 1 else last
    return Asked(
        text=text,
        corrected=" ".join(corrected) if corrected != tokens else None,
        whole=whole,
        strict=strict,
        loose=any_of(corrected[word.at] for word in words) if words else whole,
        words=phrase(tokens, corrected, words),
        expected=expected(words) if words and len(words) == len(tokens) else inf,
    )


def expected(words: list[Word]) -> float:
    words = list({word.text.lower(): word for word in words}.values())
    return words[0].of * prod(word.products / word.of for word in words)


def is_plain(token: str) -> bool:
    return not token.startswith(("-", '"')) and token.lower() != "or"


def is_open(tokens: list[str], word: Word) -> bool:
    """Whether the word is the last one and not one side of an OR."""
    return word.at == len(tokens) - 1 and (word.at == 0 or tokens[word.at - 1].lower() != "or")


def correct(tokens: list[str], words: list[Word]) -> list[str]:
    """The tokens, with each word that no product contains replaced by the nearest one that occurs."""
    corrected = list(tokens)
    if not words:
        return corrected
    found = hot.rows(WORDS, [[word.text for word in words]])
    for word, (is_known, nearest, endings, products, of) in zip(words, found, strict=True):
        word.endings = endings or []
        word.products, word.of = of if products is None else products, of
        word.is_said = bool(is_known or nearest or word.endings)
        if nearest and not word.endings:
            corrected[word.at] = nearest
    return corrected


def phrase(tokens: list[str], corrected: list[str], words: list[Word]) -> list[str] | None:
    """Plain words only, each in a product: a number, a name or an address must not be suggested to others."""
    is_shareable = len(words) == len(tokens) and all(word.is_said for word in words)
    if not is_shareable or not all(PLAIN_WORD.fullmatch(token) for token in corrected):
        return None
    return [token.lower() for token in corrected]


def any_of(words: Iterable[str]) -> TsQuery:
    return reduce(or_, (plain(word) for word in words))
