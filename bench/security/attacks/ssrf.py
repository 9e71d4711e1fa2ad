"""Addresses that lead inwards, in webhooks and in imports: a canary listens on loopback, and must hear nothing."""

import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

from bench.security.report import Check
from catalog.models import ProductImport
from catalog.transfer import fetching
from config.shared import outbound
from config.shared.actor import ADMIN_AUDIENCE
from config.shared.webhooks.models import WebhookAttempt, WebhookEndpoint

PATIENCE = 60.0
HOSTS = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
    "127.000.000.001", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[0:0:0:0:0:ffff:127.0.0.1]", "[fe80::1]", "[fc00::1]", "localhost", "LOCALHOST",
    "localhost.", "localhost.localdomain", "ip6-localhost", "souk.localhost", "127.0.0.2", "127.255.255.254", "169.254.169.254",
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16", "192.0.0.192",
)  # fmt: skip
SHAPES = (
    "{s}://user:pw@127.0.0.1:{p}/", "{s}://example.com@127.0.0.1:{p}/", "{s}://127.0.0.1:{p}#@example.com/",
    "{s}://127.0.0.1:{p}\\@example.com/", "{s}://127.0.0.1%00.example.com:{p}/", "{s}://①②⑦.⓪.⓪.①:{p}/", "{s}:///127.0.0.1:{p}/",
    "{s}:127.0.0.1:{p}/", "//127.0.0.1:{p}/", "gopher://127.0.0.1:{p}/_x", "file:///etc/passwd", "ftp://127.0.0.1:{p}/",
    "{s}://127.0.0.1:{p}/\r\nHost: example.com", "dict://127.0.0.1:{p}/", "unix:///run/x", "{s}://127.0.0.1:22/", "{s}://127.0.0.1:25/",
)  # fmt: skip


class Canary:
    """Counts whoever connects, on IPv4 and IPv6 loopback."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.sockets = [socket.create_server(("0.0.0.0", 0))]
        self.port = self.sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):
            self.sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for listener in self.sockets:
            threading.Thread(target=self.listen, args=(listener,), daemon=True).start()

    def listen(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, address = listener.accept()
                caller.settimeout(1)
                with contextlib.suppress(OSError):
                    self.heard.append(f"{address}: {caller.recv(80)!r}")
                caller.close()

    def close(self) -> None:
        for listener in self.sockets:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def urls(scheme: str, port: int) -> list[str]:
    hosts = [f"{scheme}://{host}:{port}/" for host in HOSTS]
    return hosts + [shape.format(s=scheme, p=port) for shape in SHAPES]


def attack(scene: Any) -> Iterator[Check]:
    canary = Canary()
    with contextlib.closing(socket.create_connection(("127.0.0.1", canary.port))) as control:
        control.sendall(b"control")
        time.sleep(0.3)
    try:
        for check in (
            registered(scene, canary),
            sent(scene, canary),
            imported(scene, canary),
            redirected(canary),
        ):
            check.violations += canary.heard[1:]
            check.violations += [] if canary.heard else ["the canary is deaf"]
            yield check
    finally:
        canary.close()


def registered(scene: Any, canary: Canary) -> Check:
    """Refused at once where the address can be judged without a resolver; never a 5xx."""
    check, admin = Check("webhook addresses that lead inwards, registered"), scene.caller("admin")
    for url in [*urls("https", canary.port), *urls("http", canary.port)]:
        answer = admin.api("POST", "admin/webhooks", {"url": url, "events": ["order.placed"]})
        check.tried(answer.status in {201, 400, 409} and answer.is_right, f"{url}: {answer.status}")
    return check


def sent(scene: Any, canary: Canary) -> Check:
    """Written into the database past every check at the door: judged again when it is sent to."""
    check, admin = Check("webhooks sent to addresses that lead inwards: none reached"), scene.caller("admin")
    made = [
        WebhookEndpoint.objects.get_or_create(owner=ADMIN_AUDIENCE, url=url)[0]
        for url in {*urls("http", canary.port), *urls("https", canary.port)}
    ]
    tested = [row.pk for row in made if admin.api("POST", f"admin/webhooks/{row.pk}/test", {}).status == 202]
    deadline = time.monotonic() + PATIENCE
    while tried(tested) < len(tested) and time.monotonic() < deadline:
        time.sleep(0.5)
    check.attempts = tried(tested)
    check.equal(check.attempts, len(made), "endpoints that were sent to")
    found = WebhookAttempt.objects.filter(delivery__endpoint__in=tested)
    check.violations += [f"{row.url}: {row.status} {row.answer[:80]}" for row in found.exclude(status=None)]
    WebhookEndpoint.objects.filter(pk__in=[row.pk for row in made]).delete()
    return check


def tried(endpoints: list[int]) -> int:
    found = WebhookAttempt.objects.filter(delivery__endpoint__in=endpoints)
    return found.values("delivery__endpoint").distinct().count()


def imported(scene: Any, canary: Canary) -> Check:
    check, seller = Check("pictures by URL that lead inwards, imported: none fetched"), scene.caller("seller")
    wanted = [url for url in urls("http", canary.port) if not set(url) & set('\r\n"')]
    lines = ["handle,title,sku,price,currency,stock,image_url"]
    lines += [f'inward-{n},Inward {n},INW-{n},1.00,USD,1,"{url}"' for n, url in enumerate(wanted)]
    answer = seller.upload("products/import", "file", "x.csv", "\n".join(lines).encode(), "text/csv")
    check.equal(answer.status, 202, "the import")
    job = ProductImport.objects.get(pk=answer.body["id"])
    deadline = time.monotonic() + PATIENCE
    while job.status in {"pending", "running"} and time.monotonic() < deadline:
        time.sleep(0.5)
        job.refresh_from_db()
    check.tried(job.status not in {"pending", "running"}, f"the import is still {job.status}")
    told = seller.api("GET", f"products/import/{job.pk}").body
    check.attempts += len(wanted)
    check.equal(told["images_added"], 0, "pictures that were added")
    check.equal(len(told["errors"]), len(wanted), "errors that are told")
    return check


def redirected(canary: Canary) -> Check:
    """A public host (here one address of this machine that is let pass as such) that sends the fetcher inwards."""
    check = Check("a public host that redirects inwards: not followed")
    real = outbound.judge

    class Redirecting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path[1:4]))
            self.send_header("Location", f"http://127.0.0.1:{canary.port}/")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.2", 0), Redirecting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with mock.patch.object(
        outbound, "judge", lambda address: None if address == "127.0.0.2" else real(address)
    ):
        for status in (301, 302, 303, 307, 308):
            url = f"http://127.0.0.2:{server.server_port}/{status}"
            found = fetching.fetched_or_why(url)
            check.tried(not isinstance(found, bytes), f"{status}: {found!r}")
            check.equal(
                outbound.send("POST", url, body=b"{}").status // 100 in {3, 5}, True, f"a webhook, {status}"
            )
    server.shutdown()
    return check
