"""Which reads may be cached, and which tags each depends on."""

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
# A list filtered by one of NARROW depends on its products only, unless a WIDE parameter looks beyond them.
NARROW, WIDE = ("category", "brand", "seller"), {"q", "facets"}


@dataclass(frozen=True, slots=True)
class Question:
    """A read that may be cached: its key and the Redis keys of its tags."""

    query: str  # normalised: independent of the order of parameters
    entry: str
    lock: str
    tags: tuple[str, ...]  # versions, then marks
    asking: bytes  # the serialized Redis command that reads the entry and its versions


@lru_cache(4096)
def question_of(path: str, query: str) -> Question | None:
    """None if the read is not cached; `expand` is not, because its answer depends on more than its tags."""
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
    """Drops leading zeros: Django finds row 7 by 007, too."""
    return str(int(key)) if key.isdecimal() and len(key) < 19 else key
