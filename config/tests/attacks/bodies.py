"""Bodies out of shape: raw bytes, and a valid body with one value replaced by another."""

import gzip
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

LIMIT = 1_048_576  # bytes that a JSON body may have

RAW: dict[str, bytes] = {
    "empty": b"", "blanks": b" \n\t ", "null": b"null", "true": b"true", "number": b"7", "text": b'"x"', "array": b"[]",
    "array of objects": b"[{}]", "array of arrays": b"[[[]]]", "cut off": b'{"a":', "two documents": b"{}{}",
    "trailing comma": b'{"a":1,}', "single quotes": b"{'a':1}", "comment": b"{/* */}", "no quotes": b"{a:1}",
    "NaN": b'{"quantity":NaN}', "Infinity": b'{"quantity":Infinity}', "-Infinity": b'{"amount":-Infinity}',
    "10^400": b'{"quantity":1' + b"0" * 400 + b"}", "1e400": b'{"quantity":1e400}', "-1e400": b'{"quantity":-1e400}',
    "1e-400": b'{"rate":1e-400}', "2^63": b'{"quantity":9223372036854775808}', "leading zero": b'{"quantity":01}',
    "2^64": b'{"quantity":18446744073709551616}', "hexadecimal": b'{"quantity":0x10}', "plus": b'{"quantity":+1}',
    "other digits": '{"quantity":٣}'.encode(), "minus zero": b'{"quantity":-0}', "5000 digits": b"9" * 5000,
    "deep arrays, open": b"[" * 100_000, "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "900 deep": b'{"name":' * 900 + b"1" + b"}" * 900,
    "bad UTF-8": b'{"name":"\xff\xfe"}', "overlong UTF-8": b'{"name":"\xc0\x80"}', "UTF-16": '{"a":1}'.encode("utf-16"),
    "lone surrogate": b'{"name":"\\ud800"}', "surrogate in UTF-8": b'{"name":"\xed\xa0\x80"}', "BOM": b"\xef\xbb\xbf{}",
    "NUL": b'{"name":"a\x00b"}', "escaped NUL": b'{"name":"a\\u0000b"}', "NUL as a key": b'{"\\u0000":1}',
    "control character": b'{"name":"\x01"}', "empty key": b'{"":1}', "same key twice": b'{"quantity":1,"quantity":-2}',
    "prototype": b'{"__proto__":{"role":1},"constructor":1}', "dunder": b'{"__class__":1,"_state":1,"pk":1}',
    "10,000 keys": json.dumps({f"k{n}": n for n in range(10_000)}).encode(),
    "pointer signs as keys": b'{"a/b":1,"~":1,"non_field_errors":1,"__all__":1,"detail":1}',
    "huge text": b'{"name":"' + b"a" * (LIMIT - 20) + b'"}', "too large": b'{"name":"' + b"a" * LIMIT + b'"}',
    "form": b"quantity=1&name=x", "XML": b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "gzip": gzip.compress(b"{}"), "pickle": b"\x80\x04K\x01.", "right-to-left": '{"name":"\u202egnp.exe"}'.encode(),
}  # fmt: skip

CONTENT_TYPES = (
    "", "application/x-www-form-urlencoded", "text/plain", "text/xml", "multipart/form-data", "application/json; charset=x",
    "multipart/form-data; boundary=", "application/problem+json", "application/json, text/html", "*/*", "é/ü", "x" * 300,
)  # fmt: skip

# What takes the place of each value of a valid body, one at a time.
WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e3, 2**63, 10**400, "", "1", "٣", "x" * 60_000, "../../etc/passwd", [], [None], {},
    {"a": {"b": []}},
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value inside of a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (*path, key)
        yield from places(child, (*path, key))


def at(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        body = body[key]
    return body


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = deepcopy(body)
    at(copy, path[:-1])[path[-1]] = value
    return copy


def kind(value: Any) -> str:
    """JSON's name for a value's type; of numbers, integers are a type of their own."""
    names = {bool: "boolean", int: "integer", float: "number", str: "text", list: "array", dict: "object"}
    return names.get(type(value), "null")
