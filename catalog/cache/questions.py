"""Which reads may be answered from the cache, and what each depends on."""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import parse_qsl, urlencode

from catalog.cache.keys import PREFIX
from config.shared import redis

KEY = r"(?P<key>[A-Za-z0-9_-]{1,120})"
PLAIN_KEY = re.compile(KEY)
ROUTES = (
    ("products", re.compile(r"/api/v1/products")),
    ("product", re.compile(rf"/api/v1/products/{KEY}(/(variants|images)(/\d+)?)?")),
    ("categories", re.compile(rf"/api/v1/categories(/{KEY})?")),
    ("brands", re.compile(rf"/api/v1/brands(/{KEY})?")),
    ("products", re.compile(r"/api/v1/search/suggest")),
)
# A list by one of these depends on its products alone, unless it looks beyond them.
NARROW, WIDE = ("category", "brand", "seller"), {"q", "facets"}


@dataclass(frozen=True, slots=True)
class Question:
    """A read that may be answered from here: its key and the Redis keys of its tags."""

    query: str  # in one form, whatever order it was asked in
    entry: str
    lock: str
    tags: tuple[str, ...]  # versions, then marks
    asking: bytes  # the command that reads the entry and its versions, as it goes to Redis


@lru_cache(4096)
def question_of(path: str, query: str) -> Question | None:
    """None for what is not cached: what is expanded depends on more than its tags."""
    for kind, route in ROUTES:
        if found := route.fullmatch(path):
            return asked(kind, path, query, found.groupdict().get("key"))
    return None


def asked(kind: str, path: str, query: str, key: str | None) -> Question | None:
    try:
        given = parse_qsl(query, True, True, max_num_fields=50) if query else []
    except ValueError:
        return None
    pairs = sorted(given, key=lambda pair: pair[0])  # values of one name keep their order
    if any(name == "expand" for name, _ in pairs):
        return None
    tag = f"product:{plain(key or '')}" if kind == "product" else kind
    if path == "/api/v1/products":
        tag = list_tag(dict(pairs))
    name = blake2b(f"{path}?{urlencode(pairs)}".encode(), digest_size=16).hexdigest()
    tags = (f"{PREFIX}v:all", f"{PREFIX}v:{tag}", f"{PREFIX}d:all", f"{PREFIX}d:{tag}")
    entry = f"{PREFIX}e:{name}"
    asking = redis.packed("MGET", entry, *tags[:2])
    return Question(urlencode(pairs), entry, f"{PREFIX}l:{name}", tags, asking)


def list_tag(given: dict[str, str]) -> str:
    for name in NARROW if WIDE.isdisjoint(given) else ():
        if PLAIN_KEY.fullmatch(given.get(name, "")):
            return f"{name}:{plain(given[name])}"
    return "products"


def plain(key: str) -> str:
    """Django finds the row 7 by 007, too."""
    return str(int(key)) if key.isdecimal() and len(key) < 19 else key
