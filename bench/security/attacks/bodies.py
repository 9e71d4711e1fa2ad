"""Bodies, addresses, queries and headers out of shape, over every route: no 5xx, and a problem document each."""

import json
import random
import socket
import uuid
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import urlsplit

from bench.security.report import Check
from bench.security.wire import Answer, at_once
from config.tests.access.acting import filled
from config.tests.access.row import Row
from config.tests.access.rows import JSON_WRITES, READS, ROWS, WITH_PARAMETERS
from config.tests.attacks import bodies
from payments.tests.factories import signature

STRIPE = "payments/webhooks/stripe"
SAMPLE = {"raw": 800, "wrong": 600, "types": 200, "ids": 300, "queries": 300}
ODD_IDS = (
    "%00", "a%00b", "0", "-1", "1.0", "9223372036854775808", "9" * 40, "a" * 5000, "..", "%2e%2e", "%2E%2E%2Fadmin", "%D9%A3",
    "%ff", "%ED%A0%80", "%0d%0aX-A:b", "%20", "null", "my", "'%20OR%201=1--", "{id}", "%25s", "%c0%80", "*", "1;drop",
)  # fmt: skip
ODD_QUERIES = (
    "cursor=%00", "cursor=AAAA", "cursor=%ff", "cursor=" + "A" * 3000, "cursor=W10", "cursor=bnVsbA", "cursor=eyJpZCI6Wzk5XX0", "limit=0",
    "limit=-1", "limit=1e3", "limit=99999999999999999999", "limit=%D9%A3", "sort=%00", "sort=password", "sort=-", "fields=__class__",
    "fields=user__password", "expand=user.sessions", "expand=" + "a." * 500, "count=%ff", "unheard_of=1", "%ff=1", "=", "q%00=1",
    "limit=1&limit=2", "a" * 6000, "__proto__[x]=1", "status[]=paid", "created_after=0001-01-01T00:00:00%2B14:00", "after=-1",
)  # fmt: skip


def attack(scene: Any) -> Iterator[Check]:
    callers, choose = {}, random.Random(scene.seed)
    for row in ROWS:
        for name in row.allowed[:1]:
            callers.setdefault(name, scene.caller(name))
    # Those without a body end sessions and shops: last.
    writes = sorted(JSON_WRITES, key=lambda row: row.body is None)
    yield raw(scene, callers, picked(choose, [(r, n) for r in writes if r.body for n in bodies.RAW], "raw"))
    yield wrong(scene, callers, choose, [row for row in writes if row.body])
    yield of_another_type(
        scene, callers, picked(choose, list(product(writes, bodies.CONTENT_TYPES)), "types")
    )
    yield odd_paths(scene, callers, choose)
    yield odd_queries(scene, callers, choose)
    yield broken_http(scene)


def picked(choose: random.Random, cases: list[Any], kind: str) -> list[Any]:
    return choose.sample(cases, min(SAMPLE[kind], len(cases)))


def judge(check: Check, cases: list[tuple[str, Any]]) -> Check:
    for (what, _), answer in zip(cases, at_once(lambda case: case[1](), cases), strict=True):
        check.tried(answer.is_right, f"{answer.status} {what}: {answer.raw[:150]!r}")
    return check


def path_of(scene: Any, row: Row) -> str:
    return f"/api/v1/{filled(row.path, scene.world.names)}".rstrip("/")


def post(scene: Any, callers: Any, row: Row, content: bytes, **headers: str) -> Answer:
    given = {"idempotency_key": uuid.uuid4().hex, **filled(dict(row.headers), scene.world.names), **headers}
    if row.path == STRIPE:
        given["stripe_signature"] = signature(content.decode("latin-1"))
    return callers[row.allowed[0]].send(row.method, path_of(scene, row), content, **given)


def raw(scene: Any, callers: Any, chosen: list[tuple[Row, str]]) -> Check:
    check = Check(f"malformed bodies ({len(bodies.RAW)} kinds × {len(JSON_WRITES)} write routes, a sample)")
    return judge(check, [
        (f"{row} with {name}", lambda row=row, name=name: post(scene, callers, row, bodies.RAW[name])) for row, name in chosen
    ])  # fmt: skip


def wrong(scene: Any, callers: Any, choose: random.Random, rows: list[Row]) -> Check:
    cases = []
    for row in rows:
        body = filled(row.body, scene.world.names)
        for path, value in product(bodies.places(body), bodies.WRONG):
            content = json.dumps(bodies.replaced(body, path, value)).encode()
            cases.append(
                (
                    f"{row} with {str(value)[:30]!r} at {path}",
                    lambda r=row, c=content: post(scene, callers, r, c),
                )
            )
    check = Check(f"a value of another type at every place of a body (a sample of {len(cases):,})")
    return judge(check, picked(choose, cases, "wrong"))


def of_another_type(scene: Any, callers: Any, chosen: list[tuple[Row, str]]) -> Check:
    check = Check("bodies of another content type")
    return judge(check, [
        (f"{row} as {kind[:40]!r}", lambda row=row, kind=kind: post(scene, callers, row, b"a=1&b=2", content_type=kind.encode().decode("latin-1")))
        for row, kind in chosen
    ])  # fmt: skip


def odd_paths(scene: Any, callers: Any, choose: random.Random) -> Check:
    cases = []
    for row in WITH_PARAMETERS:
        parts = row.path.partition("?")[0].split("/")
        for place in (n for n, part in enumerate(parts) if part.startswith("{")):
            for odd in ODD_IDS:
                path = "/".join(
                    odd if n == place else filled(part, scene.world.names) for n, part in enumerate(parts)
                )
                body = json.dumps(filled(row.body or {}, scene.world.names)).encode() if row.writes else None
                wire = callers.get(row.allowed[-1]) or scene.caller(row.allowed[-1])
                cases.append(
                    (
                        f"{row.method} {path[:100]}",
                        lambda w=wire, r=row, p=path, b=body: w.api(r.method, p, b),
                    )
                )
    return judge(Check(f"odd ids in paths (a sample of {len(cases):,})"), picked(choose, cases, "ids"))


def odd_queries(scene: Any, callers: Any, choose: random.Random) -> Check:
    chosen = picked(choose, list(product(READS, ODD_QUERIES)), "queries")
    check = Check(f"odd cursors and queries (a sample of {len(READS) * len(ODD_QUERIES):,})")
    return judge(check, [
        (f"{row}?{query[:60]}", lambda row=row, query=query: callers[row.allowed[0]].api("GET", f"{filled(row.path, scene.world.names).partition('?')[0]}?{query}"))
        for row, query in chosen
    ])  # fmt: skip


# --- Below HTTP's rules -----------------------------------------------------------------------------------------

HEAD = b"POST /api/v1/auth/token HTTP/1.1\r\nHost: souk.test\r\nContent-Type: application/json\r\n"
REQUESTS = {
    "no request line": b"\r\n\r\n", "binary": bytes(range(256)) * 4, "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 200,
    "HTTP/0.9": b"GET /\r\n\r\n", "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: souk.test\r\n\r\n", "no host": b"GET /api/v1 HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /api/v1 HTTP/1.1\r\nHost: souk.test\r\nHost: evil.example\r\n\r\n", "unknown method": b"FOO /api/v1/me HTTP/1.1\r\nHost: souk.test\r\n\r\n",
    "TRACE": b"TRACE /api/v1/me HTTP/1.1\r\nHost: souk.test\r\n\r\n", "CONNECT": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: souk.test\r\n\r\n",
    "absolute address": b"GET http://evil.example/api/v1 HTTP/1.1\r\nHost: souk.test\r\n\r\n", "foreign host": b"GET /api/v1 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "host of signs": b"GET /api/v1 HTTP/1.1\r\nHost: a b\"<>\r\n\r\n", "a header of 200 KB": b"GET /api/v1 HTTP/1.1\r\nHost: souk.test\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "2,000 headers": b"GET /api/v1 HTTP/1.1\r\nHost: souk.test\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(2000)) + b"\r\n",
    "NUL in a header": b"GET /api/v1/me HTTP/1.1\r\nHost: souk.test\r\nX-Request-Id: a\x00b\r\n\r\n",
    "bad UTF-8 in a header": b"GET /api/v1/me HTTP/1.1\r\nHost: souk.test\r\nAuthorization: Bearer \xff\xfe\r\nX-Request-Id: \xff\r\n\r\n",
    "bad UTF-8 in the path": b"GET /api/v1/products/\xff\xfe HTTP/1.1\r\nHost: souk.test\r\n\r\n", "spaces in the path": b"GET /api/v1/ products HTTP/1.1\r\nHost: souk.test\r\n\r\n",
    "a path of 100 KB": b"GET /api/v1/" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: souk.test\r\n\r\n", "length of text": HEAD + b"Content-Length: abc\r\n\r\n{}",
    "negative length": HEAD + b"Content-Length: -5\r\n\r\n{}", "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
    "chunks of nonsense": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", "unknown encoding": HEAD + b"Transfer-Encoding: gzip, x\r\n\r\n{}",
    "less than was said": HEAD + b"Content-Length: 500\r\n\r\n{}", "more than was said": HEAD + b"Content-Length: 1\r\n\r\n{}{}{}",
    "10^30 bytes said": HEAD + b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\n{}", "expectation": HEAD + b"Expect: 999-x\r\nContent-Length: 2\r\n\r\n{}",
    "compressed, it says": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "cookies without end": b"GET /admin/ HTTP/1.1\r\nHost: souk.test\r\nCookie: " + b"a=b;" * 4000 + b"\r\n\r\n",
    "odd cookie": b"GET /admin/ HTTP/1.1\r\nHost: souk.test\r\nCookie: sessionid=\xff\x00;csrftoken=../../\r\n\r\n",
    "odd forwarded": b"GET /api/v1 HTTP/1.1\r\nHost: souk.test\r\nX-Forwarded-For: \xff, %00, 999.1.1.1\r\nX-Forwarded-Proto: \xff\r\n\r\n",
    "odd range": b"GET /api/v1/products HTTP/1.1\r\nHost: souk.test\r\nRange: bytes=-999999999999999999999\r\nIf-None-Match: \"\xff\r\nIf-Modified-Since: x\r\n\r\n",
}  # fmt: skip


def broken_http(scene: Any) -> Check:
    """What the server makes of them is its own affair, as long as it is no 5xx and it lives."""
    check = Check("broken HTTP: request lines, headers, lengths, smuggling")
    for name, request in REQUESTS.items():
        status = first_status(scene.web.base, request)
        check.tried(status == 0 or 200 <= status < 500, f"{name}: {status}")
    check.equal(scene.web.send("GET", "/readyz").status, 200, "afterwards")
    return check


def first_status(base: str, request: bytes) -> int:
    """0 when the connection was closed, or nothing said within two seconds."""
    address = urlsplit(base)
    try:
        with socket.create_connection((address.hostname, address.port), timeout=2) as wire:
            wire.sendall(request)
            line = wire.recv(4096).split(b"\r\n")[0].split()
    except OSError:
        return 0
    return int(line[1]) if len(line) > 1 and line[1].isdigit() else 0
