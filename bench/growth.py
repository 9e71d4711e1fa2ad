"""What it costs when much has happened: the same calls with hardly any orders and with a million behind them.

    python bench/growth.py --orders 1000000        # on the embedded database; generate_catalog fills an empty one

A tenth of the past is one seller's, a hundredth one customer's, with its notifications, papers, ledger entries and events. CPU is
that of the web workers, PostgreSQL and Valkey a call; W4 and W5 are those of orders.py. A database of its own, please
(DB_NAME): the past stays in it.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

from machine import PROJECT, cpu_ms, free_port, running, services
from reads import statements, web
from run import program
from waiting import settle_down

sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
DEEP, PAGE, STRIDE = 1000, 20, 5  # pages down, rows of each, pages in one stride on the way there
LISTS = {
    "seller": ["/orders/seller", "/orders/seller?status=shipped", "/seller/ledger"],
    "customer": ["/orders", "/notifications"],
    "staff": ["/admin/orders", "/admin/orders?status=delivered", "/admin/ledger"],
    "anybody": ["/products", "/products?sort=price"],
}
SINGLE = {
    "seller": ["/orders/seller/{part}", "/seller/balance", "/seller/statement"],
    "customer": ["/orders/{order}"],
    "staff": ["/admin/orders/{order}", "/admin/orders?email={email}"],
}
Figures = dict[str, dict[str, Any]]


class Scene:
    """A seller, a customer, a member of staff and the order between them that the past is made of."""

    def __init__(self) -> None:
        from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
        from catalog.tests.factories import ProductFactory, VariantFactory

        mark = f"{time.time_ns():x}"
        self.seller = SellerFactory(
            name=f"Busy {mark}", slug=f"busy-{mark}", user__email=f"busy-{mark}@example.com"
        )
        self.customer = UserFactory(email=f"regular-{mark}@example.com")
        self.staff = AdminFactory(email=f"staff-{mark}@example.com")
        product = ProductFactory(seller=self.seller, title=f"Kettle {mark}", slug=f"kettle-{mark}")
        self.variant = VariantFactory(product=product, sku=mark, stock=1000)

    def client(self, base: str) -> "Client":
        """With new tokens: they live for minutes."""
        from accounts.tests.factories import token_for

        people = {"seller": self.seller.user, "customer": self.customer, "staff": self.staff}
        return Client(base, {"anybody": ""} | {name: token_for(user) for name, user in people.items()})

    def trade(self, client: "Client") -> None:
        """The order goes all its way: placed, paid, accepted, sent, delivered."""
        from orders import services as fulfilment
        from orders.models import OrderPart
        from payments.services import settle_payment

        address = {
            "name": "Ada Lovelace", "line1": "12 Mill Lane", "city": "London", "postal_code": "N1 9GU", "country": "GB",
        }  # fmt: skip
        client.call("customer", "/cart/items", {"variant": str(self.variant.pk), "quantity": 1})
        quote = client.call("customer", "/cart/quote", {"shipping_address": address})
        body = {"shipping_address": address, "expected_total": quote["total"]}
        order = client.call("customer", "/orders/place", body)
        asked = {"order": order["id"], "provider": "manual", "method": "bank_transfer"}
        payment = client.call("customer", "/payments", asked)
        settle_payment(payment_id=int(payment["id"]), by=self.staff)
        part = OrderPart.objects.get(order=order["id"])
        for step in (fulfilment.accept_part, fulfilment.ship_part, fulfilment.deliver_part):
            step(part_id=part.pk, by=None)
        self.names = {"order": order["id"], "part": str(part.pk), "email": self.customer.email}


class Client:
    """One connection, with the token of who asks."""

    def __init__(self, base: str, tokens: dict[str, str]) -> None:
        self.base, self.tokens = base, tokens
        self.http = HTTPConnection(base.removeprefix("http://"), timeout=120)

    def call(self, who: str, path: str, body: Any = None) -> Any:
        given = {"Content-Type": "application/json", "Idempotency-Key": f"growth-{time.time_ns()}"}
        if self.tokens[who]:
            given["Authorization"] = f"Bearer {self.tokens[who]}"
        address = path.removeprefix(self.base)
        address = address if address.startswith("/api/") else f"/api/v1{address}"
        self.http.request("GET" if body is None else "POST", address, body and json.dumps(body), given)
        response = self.http.getresponse()
        answer = json.loads(response.read())
        if response.status >= 300:
            raise SystemExit(f"{path}: {response.status} {answer}")
        return answer

    def far(self, who: str, path: str) -> tuple[str, int]:
        """The page so many pages on, or the last, and how many."""
        path += f"{'&' if '?' in path else '?'}limit={PAGE * STRIDE}"
        pages = 0
        while pages < DEEP and (following := self.call(who, path)["next"]):
            path, pages = following, pages + STRIDE
        return path.replace(f"limit={PAGE * STRIDE}", f"limit={PAGE}"), pages


def measure(client: Client, who: str, path: str, roots: list[int], calls: int) -> dict[str, Any]:
    for _ in range(4):
        client.call(who, path)
    cpu, asked, taken = cpu_ms(roots), statements(), []
    for _ in range(calls):
        begun = time.perf_counter()
        client.call(who, path)
        taken.append(1000 * (time.perf_counter() - begun))
    taken.sort()
    return {
        "cpu_ms": round((cpu_ms(roots) - cpu) / calls, 1), "p50_ms": round(taken[calls // 2], 1),
        "p99_ms": round(taken[calls * 99 // 100], 1), "statements": round((statements() - asked) / calls, 1),
    }  # fmt: skip


def reads(client: Client, scene: Scene, roots: list[int], calls: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for who, paths in SINGLE.items():
        for path in paths:
            yield f"{who}: {path}", measure(client, who, path.format_map(scene.names), roots, calls)
    for who, paths in LISTS.items():
        for path in paths:
            yield f"{who}: {path}", measure(client, who, path, roots, calls)
            deep, pages = client.far(who, path)
            found = measure(client, who, deep, roots, calls)
            yield f"{who}: {path}, far down", found | {"pages_down": pages}


def stage(base: str, scene: Scene, roots: list[int], options: argparse.Namespace) -> Figures:
    figures: Figures = {}
    for name, found in reads(scene.client(base), scene, roots, options.calls):
        figures[name] = found
        print(name, found, file=sys.stderr, flush=True)
    bought = program("orders.py", "--orders", str(options.buy))
    return figures | {name: bought[name] for name in ("W4", "W5")}


def run(options: argparse.Namespace) -> dict[str, Any]:
    from config import embedded

    embedded.ensure(without={"stripe"})
    import django

    django.setup()
    from past import Past

    from accounts.models import Seller
    from payments.services import close_books

    scene, port = Scene(), free_port()
    base, (command, environment) = f"http://127.0.0.1:{port}", web(port, 0, "1")
    worker = [sys.executable, "manage.py", "worker"]
    with (
        tempfile.TemporaryDirectory() as folder,
        running(command, url=f"{base}/healthz", log=f"{folder}/web.log", **environment) as server,
    ):
        roots = [server, *services().values()]
        with running(worker, url=f"{base}/healthz", log=f"{folder}/worker.log", **environment):
            scene.trade(scene.client(base))
            time.sleep(6)
            settle_down()
        before = stage(base, scene, roots, options)
        others = list(Seller.objects.exclude(pk=scene.seller.pk).values_list("pk", flat=True)[:20])
        begun = time.monotonic()
        Past(order=int(scene.names["order"]), times=options.orders, others=others).write()
        took = round(time.monotonic() - begun)
        close_books(timestamp=int(time.time()))  # as the worker does every hour
        after = stage(base, scene, roots, options)
    return {"orders": options.orders, "written_in_s": took, "before": before, "after": after}


def table(found: dict[str, Any]) -> str:
    head = f"| | CPU ms | with {found['orders']:,} orders | statements | with them | p99 ms | with them |"
    lines = [head, "| --- |" + " --- |" * 6]
    for name, before in found["before"].items():
        after = found["after"][name]
        pages = f" ({after['pages_down']} pages)" if "pages_down" in after else ""
        pairs = [(before.get(key, ""), after.get(key, "")) for key in ("cpu_ms", "statements", "p99_ms")]
        lines.append(f"| {name}{pages} | {' | '.join(f'{one} | {other}' for one, other in pairs)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=60, help="of each address")
    parser.add_argument("--buy", type=int, default=200, help="orders that are placed to measure W4 and W5")
    parser.add_argument("--json", action="store_true", help="all figures in one line")
    options = parser.parse_args()
    found = run(options)
    print(json.dumps(found) if options.json else table(found))
