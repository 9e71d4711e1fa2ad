"""What a browser is told: headers, cookies, origins, and where it is sent to."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from accounts.tests.factories import PASSWORD
from bench.security.report import Check
from bench.security.stage import HOST, ORIGIN
from bench.security.wire import Answer

TLS = {"host": HOST, "x_forwarded_proto": "https"}
PATHS = (
    "/",
    "/api/v1",
    "/api/v1/products",
    "/api/v1/products/1",
    "/api/v1/me",
    "/nothing",
    "/api/v1/nothing",
    "/admin/login/",
    "/api/docs",
    "/api/schema",
    "/healthz",
    "/console",
)
FOREIGN = (
    "https://evil.example",
    "null",
    f"{ORIGIN}.evil.example",
    "http://shop.test",
    "https://evil.shop.test",
    "https://shop.test:8443",
    "https://souk.test@evil.example",
    "file://",
)
TARGETS = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/%09/evil.example",
    "http://souk.test.evil.example/",
    "///evil.example",
    "https://souk.test@evil.example/",
)
WALKS = ("//evil.example", "//evil.example/%2e%2e", "/api/v1//evil.example/", "/admin//evil.example/", "/\\evil.example", "/%5cevil.example", "/admin", "/api/docs/", "/.//evil.example", "/%0d%0aLocation:%20https://evil.example")  # fmt: skip
CLOSED = (
    "/metrics",
    "/dev/mail",
    "/media/../.env",
    "/.env",
    "/.git/config",
    "/static/../config/settings/mode.py",
    "/static/%2e%2e/manage.py",
    "/__debug__/",
    "/media/%2e%2e/%2e%2e/etc/passwd",
)


def attack(scene: Any) -> Iterator[Check]:
    yield headers(scene)
    yield origins(scene)
    yield from admin_site(scene)
    yield walks(scene)
    yield closed(scene)
    yield hosts(scene)


def headers(scene: Any) -> Check:
    check = Check("security headers on pages, JSON, cached answers and errors")
    for path in [*PATHS, *PATHS]:  # the second time out of the cache
        answer = scene.web.send("GET", path, **TLS)
        given = answer.headers
        check.equal(given.get("X-Content-Type-Options"), "nosniff", f"nosniff at {path}")
        policy = given.get("Content-Security-Policy", "")
        check.tried(
            "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, f"CSP at {path}: {policy}"
        )
        check.tried(
            "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0], f"scripts at {path}"
        )
        check.equal(given.get("X-Frame-Options"), "DENY", f"frames at {path}")
        check.tried("max-age=31536000" in given.get("Strict-Transport-Security", ""), f"HSTS at {path}")
        check.equal(given.get("Referrer-Policy"), "same-origin", f"referrer at {path}")
        check.tried(bool(given.get("Permissions-Policy")), f"features at {path}")
        check.tried(not re.search(r"\d", given.get("Server", "")), f"{given.get('Server')} at {path}")
        check.tried(not given.get("Set-Cookie") or path.startswith("/admin"), f"a cookie at {path}")
        plain = scene.limited.send("GET", path, **TLS).headers.get("Strict-Transport-Security")
        check.equal(plain, None, f"HSTS at {path} when nobody trusted says https")
    return check


def origins(scene: Any) -> Check:
    check = Check("CORS: foreign origins get nothing")
    for path in ("/api/v1/products", "/api/v1/me", "/api/v1/auth/token"):
        for origin in FOREIGN:
            for method in ("GET", "OPTIONS"):
                given = scene.web.send(
                    method, path, origin=origin, access_control_request_method="POST"
                ).headers
                check.equal(given.get("Access-Control-Allow-Origin"), None, f"{method} {path} from {origin}")
        ours = scene.web.send("GET", path, origin=ORIGIN).headers
        check.equal(ours.get("Access-Control-Allow-Origin"), ORIGIN, f"our own at {path}")
        check.equal(ours.get("Access-Control-Allow-Credentials"), None, f"credentials at {path}")
        check.tried("origin" in ours.get("Vary", "").lower(), f"Vary at {path}")
    return check


def cookies_of(answer: Answer) -> dict[str, str]:
    found = answer.headers.get_all("Set-Cookie") or []
    return {cookie.partition("=")[0]: cookie for cookie in found}


def admin_site(scene: Any) -> Iterator[Check]:
    flags, away = (
        Check("cookies of the admin site: Secure, HttpOnly, SameSite"),
        Check("open redirects: after log-in"),
    )
    for number, target in enumerate(TARGETS):
        path = f"/admin/login/?next={target}"
        page = scene.web.send("GET", path, **TLS)
        token = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', page.raw)
        jar = cookies_of(page)
        if token is None:
            flags.tried(False, f"no form: {page.status}")
            break
        fields = {"username": scene.world.users["admin"].email, "password": PASSWORD, "next": target}
        sent = {
            "cookie": jar["csrftoken"].partition(";")[0],
            "referer": f"https://{HOST}/admin/login/",
            **TLS,
        }
        refused = form(scene, path, fields, sent)
        flags.equal(refused.status, 403, "a form without its token")
        answer = form(scene, path, fields | {"csrfmiddlewaretoken": token[1].decode()}, sent)
        where = answer.headers.get("Location", "")
        away.tried(
            answer.status == 302 and where.startswith("/") and not where.startswith(("//", "/\\")),
            f"{target}: {answer.status} {where}",
        )
        if number == 0:
            jar |= cookies_of(answer)
            for cookie in jar.values():
                flags.tried("Secure" in cookie and "SameSite=Lax" in cookie, cookie)
            flags.tried("HttpOnly" in jar.get("sessionid", ""), jar.get("sessionid"))
    yield flags
    yield away


def form(scene: Any, path: str, fields: dict[str, str], headers: dict[str, str]) -> Answer:
    kind = "application/x-www-form-urlencoded"
    return scene.web.send("POST", path, urlencode(fields).encode(), content_type=kind, **headers)


def walks(scene: Any) -> Check:
    check = Check("open redirects: odd paths")
    for path in WALKS:
        answer = scene.web.send("GET", path, **TLS)
        where = answer.headers.get("Location", "") if answer.status else ""
        check.tried(
            not re.match(r"(\w+:)?[/\\]{2}", where) and answer.status < 500,
            f"{path}: {answer.status} {where}",
        )
    return check


def closed(scene: Any) -> Check:
    """From behind the proxy, as everybody comes."""
    check = Check("what is nobody's business: metrics, mails, files of the project")
    for path in CLOSED:
        answer = scene.web.send("GET", path, x_forwarded_for="203.0.113.9", **TLS)
        check.tried(answer.status in {400, 401, 403, 404}, f"{path}: {answer.status} {answer.raw[:60]!r}")
    return check


def hosts(scene: Any) -> Check:
    """A mail's link leads to the shop, whatever host the request names."""
    check, address = (
        Check("foreign Host and X-Forwarded-Host: refused, and not believed in mails"),
        scene.world.users["other"].email,
    )
    for host in (
        "evil.example",
        "souk.test.evil.example",
        "souk.test@evil.example",
        "",
        "[::1",
        "souk.test:x",
    ):
        answer = scene.web.send("GET", "/api/v1/products", host=host)
        check.tried(answer.status in {400, 404}, f"{host}: {answer.status}")
    answer = scene.web.api(
        "POST", "auth/password/reset", {"email": address}, host=HOST, x_forwarded_host="evil.example"
    )
    check.equal(answer.status, 202, "a reset")
    mails = (
        "".join(path.read_text() for path in Path(scene.folder, "mail").glob("*"))
        if Path(scene.folder, "mail").exists()
        else ""
    )
    check.tried("evil.example" not in mails, "a mail that leads away")
    return check
