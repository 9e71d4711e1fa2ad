"""Races against what breaks: processes killed, Redis and Stripe slow or dead, sockets cut off, bodies out of shape."""

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import Any

from django.db import connections

from accounts.tests.factories import token_for
from bench.machine import services
from bench.races.race import Race
from bench.soak import verdict
from bench.soak.nemesis import kill, service_pid, standin
from bench.soak.people import at_once
from bench.soak.verdict import rows
from bench.soak.watchers import Watcher, Watchers
from bench.soak.wire import decoded
from catalog.events import product_audience
from catalog.services import adjust_stock
from config.shared.events import log
from config.tests.attacks.bodies import RAW
from orders.models import Order
from orders.tests.factories import guest_carts

PATIENCE = 60.0  # seconds until all answers again
HEADER = b"POST /api/v1/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Le"
HEADER_OF_A_BODY = HEADER + b"ngth: 1000\r\n\r\n{"
LONG = 4.0  # seconds that a read may take while others wait for Stripe
SOCKETS = 200


class Killed(Race):
    """Buyers place orders while a process is killed; they repeat what was not answered."""

    title = "`kill -9` of a server, worker, PostgreSQL or Valkey while orders are placed"
    without = "PostgreSQL answers before it has written (`synchronous_commit = off`)"
    victims = ("postgres", "valkey", "web-1", "web-2", "worker-1")

    def begin(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def round(self) -> int:
        thing = self.stage.thing(stock=1000)
        tokens = guest_carts(thing, count=16)
        victim = self.choose.choice(self.victims)
        acts: list[Callable[[], Any]] = [
            lambda token=token: self.stage.place(Cart_Token=token) for token in tokens
        ]
        at = self.choose.randrange(8, 16)
        answers = at_once([*acts[:at], lambda: self.strike(victim), *acts[at:]], 8)
        answers.pop(at)
        time.sleep(0.3)
        self.stage.cluster.wait_until_whole(PATIENCE)
        connections.close_all()
        made = [answer.body for answer in answers if answer is not None and answer.status == 201]
        self.expect(len(made) == len(tokens), f"{len(tokens) - len(made)} of {len(tokens)} were never placed")
        self.told += [(order["id"], order["total"]) for order in made]
        self.expect(Order.objects.filter(items__variant=thing).count() == len(tokens), "not one order a cart")
        return len(tokens)

    def strike(self, victim: str) -> None:
        node = self.stage.cluster.nodes.get(victim)
        node.kill() if node else kill(service_pid(victim))

    def end(self) -> None:
        there = dict(
            Order.objects.filter(pk__in=[key for key, _ in self.told]).values_list("pk", "total_amount")
        )
        lost = [key for key, total in self.told if there.get(int(key)) != total["amount"]]
        self.violations += [f"order {key} was answered and is lost" for key in lost]
        _, waiting = verdict.settle(verdict.waiting_jobs)
        self.expect(not waiting, f"{waiting} jobs are stuck")

    def take_away(self) -> None:
        self.victims = ("postgres",)
        for setting in ("synchronous_commit = off", "wal_writer_delay = '10s'"):
            rows(f"ALTER SYSTEM SET {setting}")
        rows("SELECT pg_reload_conf()")

    def give_back(self) -> None:
        rows("ALTER SYSTEM RESET ALL")
        rows("SELECT pg_reload_conf()")


class Trouble(Race):
    """Guests buy and pay while Redis or Stripe is slow or away: placing goes on, paying says when to come again, reads are quick."""

    title = "Redis or Stripe dead or slow"
    without = "the bulkhead is wider than the threads, and Stripe hangs"
    troubles = (
        "Redis hangs",
        "Redis is killed",
        "Stripe hangs",
        "Stripe is slow",
        "Stripe breaks",
        "Stripe is killed",
    )

    def round(self) -> int:
        orders = [self.stage.order() for _ in range(12)]
        tokens = guest_carts(self.stage.thing(stock=100), count=6)
        ended = self.trouble(self.choose.choice(self.troubles))
        acts: list[Callable[[], Any]] = [
            lambda mine=mine, order=order: self.pay(order, mine) for order, mine in orders
        ]
        acts += [lambda token=token: self.place(token) for token in tokens]
        acts += [self.read] * 6
        at_once(acts, len(acts))
        ended()
        self.stage.cluster.wait_until_whole(PATIENCE)
        return len(acts)

    def trouble(self, name: str) -> Callable[[], None]:
        """Begins it; returns what ends it."""
        switches: dict[str, dict[str, Any]] = {
            "Stripe hangs": {"hang": True}, "Stripe is slow": {"delay": 3.0}, "Stripe breaks": {"status": 500},
        }  # fmt: skip
        if name in switches:
            standin().trouble(path="/v1/*", **switches[name])
            return standin().calm
        if name == "Redis hangs":
            pid = services()["valkey"]
            os.kill(pid, signal.SIGSTOP)
            return lambda: os.kill(pid, signal.SIGCONT)
        kill(service_pid("valkey" if name == "Redis is killed" else "stripe"))
        return lambda: None

    def pay(self, order: Order, mine: dict[str, str]) -> None:
        body = {"order": str(order.pk), "payment_method": "pm_card_visa"}
        answer = self.stage.wire.once(
            "POST", "/payments", body, {**mine, "Idempotency-Key": f"pay-{order.pk}"}
        )
        if answer is not None and answer.status == 503:
            self.expect("Retry-After" in answer.headers, "503 without Retry-After")

    def place(self, token: str) -> None:
        answer = self.stage.place(Cart_Token=token)
        self.expect(answer is not None and answer.status == 201, f"placing: {answer and answer.body}")

    def read(self) -> None:
        time.sleep(0.3)
        for path in ("/categories", f"/products?page_size={self.choose.randrange(2, 90)}"):
            begun = time.monotonic()
            self.stage.wire.once("GET", path, None, {})
            took = time.monotonic() - begun
            self.expect(took < LONG, f"GET {path} took {took:.1f} s")

    def take_away(self) -> None:
        self.troubles = ("Stripe hangs",)


class Forgetful(Watcher):
    """Comes back without its cursor."""

    def take(self, frame: dict[str, str]) -> None:
        super().take(frame)
        self.is_met, self.cursor = True, ""


class Sockets(Race):
    """A websocket node is killed between changes of stock; sockets come back with their cursor to whichever node is there."""

    title = f"{SOCKETS} sockets come back after their server was killed"
    without = "they come back without their cursor"
    watcher: type[Watcher] = Watcher

    def begin(self) -> None:
        self.things = [self.stage.thing(stock=1000) for _ in range(5)]
        self.first = log.head()
        self.watching = [
            self.watcher(
                f"inventory?product={thing.product_id}", product_audience(thing.product_id), "inventory"
            )
            for thing in self.things
            for _ in range(SOCKETS // len(self.things))
        ]
        self.watchers = Watchers(self.stage.cluster.addresses("ws"), self.watching)
        self.watchers.start()
        verdict.settle(lambda: sum(not (one.cursor or vars(one).get("is_met")) for one in self.watching))

    def round(self) -> int:
        victim = self.stage.cluster.nodes[self.choose.choice(["ws-1", "ws-2"])]
        acts: list[Callable[[], Any]] = [self.change] * 10
        at_once([*acts[:5], victim.kill, *acts[5:]], 1)
        time.sleep(0.3)
        self.stage.cluster.wait_until_whole(PATIENCE)
        return SOCKETS

    def change(self) -> None:
        thing = self.choose.choice(self.things)
        adjust_stock(variant=thing, location=None, delta=1, reason="delivery", actor="bench")
        time.sleep(0.05)

    def end(self) -> None:
        verdict.settle(verdict.caught_up(self.watching, self.first), 20)
        told = verdict.events(self.watching, self.first, log.head())
        for name in ("missed", "doubled", "disordered"):
            self.violations += [f"an event {name}"] * told[name]
        self.watchers.stop()

    def take_away(self) -> None:
        self.watcher = Forgetful


class Bodies(Race):
    """Bodies that do not come; then every body of the corpus to two of the paths, in an order by chance, while some
    connections send half a header."""

    title = "bodies out of shape, and slow connections"
    without = "JSON is read without limits of depth and of what a text may hold"
    guards = ("body",)
    paths = ("/auth/token", "/auth/register", "/cart/items", "/cart/quote", "/payments", "/orders/place")

    def begin(self) -> None:
        self.mine = {"Authorization": f"Bearer {token_for(self.stage.seller.user)}"}

    def round(self) -> int:
        cases = [(path, name) for path in self.choose.sample(self.paths, 2) for name in RAW]
        self.choose.shuffle(cases)
        slow = [self.slow(node, HEADER) for node in self.stage.wire.nodes * 4]
        self.stall()
        at_once([lambda path=path, name=name: self.send(path, name) for path, name in cases], 16)
        for connection in slow:
            connection.close()
        return len(cases)

    def stall(self) -> None:
        """More bodies that do not come than there are threads: reads go on, and writes when they are gone."""
        stalled = [self.slow(node, HEADER_OF_A_BODY) for node in self.stage.wire.nodes * 8]
        for _ in self.stage.wire.nodes:
            begun = time.monotonic()
            answer = self.stage.wire.once("GET", "/categories", None, {})
            took = time.monotonic() - begun
            self.expect(
                answer is not None and answer.status == 200 and took < LONG, f"a read took {took:.1f} s"
            )
        for connection in stalled:
            connection.close()
        _, refusing = verdict.settle(lambda: sum(self.refuses(node) for node in self.stage.wire.nodes))
        self.expect(not refusing, "writes are refused for good")

    def refuses(self, node: str) -> bool:
        with closing(HTTPConnection(node.removeprefix("http://"), timeout=60)) as wire:
            wire.request("POST", "/api/v1/cart/quote", b"{}", {"Content-Type": "application/json"})
            return wire.getresponse().status == 503

    def slow(self, node: str, sent: bytes) -> socket.socket:
        host, _, port = node.removeprefix("http://").partition(":")
        connection = socket.create_connection((host, int(port)), timeout=10)
        connection.sendall(sent)
        return connection

    def send(self, path: str, name: str) -> None:
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f"{name[:9]}".replace(" ", "-"),
            **self.mine,
        }
        node = self.choose.choice(self.stage.wire.nodes).removeprefix("http://")
        with suppress(OSError, HTTPException), closing(HTTPConnection(node, timeout=60)) as wire:
            wire.request("POST", f"/api/v1{path}", RAW[name], headers)
            response = wire.getresponse()
            body = decoded(response.read())
            is_problem = isinstance(body, dict) and "code" in body and "request_id" in body
            told = f"{path} of {name!r}: {response.status}"
            self.expect(response.status < 500 and (response.status < 400 or is_problem), told)
            return
        self.expect(False, f"{path} of {name!r}: no answer")


RACES: list[type[Race]] = [Killed, Trouble, Sockets, Bodies]
