"""The soak itself: a market is made, people work in it, the nemesis strikes, and the verdict is told."""

import argparse
import contextlib
import json
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import django

from config import embedded

embedded.ensure()
django.setup()

from django.core.management import call_command
from django.db import connection

from accounts.tests.factories import SellerFactory, UserFactory, token_for
from bench.soak import replica, verdict
from bench.soak.cluster import Cluster
from bench.soak.losing import Judge, lose_each
from bench.soak.nemesis import Nemesis, calm
from bench.soak.people import Accountant, Buyer, Person, Shopkeeper
from bench.soak.watchers import Watcher, Watchers
from bench.soak.wire import Balancer
from catalog.events import product_audience
from catalog.models import StockLevel
from catalog.tests.factories import ProductFactory, VariantFactory
from config.shared.actor import seller_audience, user_audience
from config.shared.events import log

SHOPS, PRODUCTS, SOCKETS = 3, 8, 20
STOCKS = (5, 20, 400)  # some run out
ENDED = 130  # the exit code of what is ended by Ctrl-C
PATIENCE = 90.0  # seconds after the end in which people still get their answers


class Market:
    def __init__(self) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        self.sellers = [SellerFactory() for _ in range(SHOPS)]
        self.products = [ProductFactory(seller=seller) for seller in self.sellers for _ in range(PRODUCTS)]
        self.variants = {
            VariantFactory(product=product, stock=STOCKS[number % len(STOCKS)]).pk: product
            for number, product in enumerate(self.products)
        }
        self.initial = dict(
            StockLevel.objects.filter(variant__in=self.variants).values_list("variant", "on_hand")
        )

    def people(
        self, wire: Balancer, stopping: threading.Event, options: argparse.Namespace
    ) -> tuple[list[Buyer], list[Shopkeeper], list[Watcher]]:
        """Every second buyer is a guest. Every customer and seller has a socket, and so have products."""
        buyers, keepers, watchers = [], [], []
        for number in range(options.buyers):
            user = UserFactory() if number % 2 else None
            name, token = f"buyer {number}", token_for(user) if user else None
            rest = {"name": name, "wire": wire, "stopping": stopping, "seed": f"{options.seed} {name}"}
            buyers.append(Buyer(token=token, variants=sorted(self.variants), **rest))
            if user:
                watchers.append(
                    Watcher("orders", user_audience(user.pk), "orders", {"Authorization": f"Bearer {token}"})
                )
        for number, seller in enumerate(self.sellers):
            name, token = f"shop {number}", token_for(seller.user)
            mine = sorted(key for key, product in self.variants.items() if product.seller_id == seller.pk)
            rest = {"name": name, "wire": wire, "stopping": stopping, "seed": f"{options.seed} {name}"}
            keepers.append(Shopkeeper(token=token, variants=mine, **rest))
            watchers.append(
                Watcher("orders", seller_audience(seller.pk), "orders", {"Authorization": f"Bearer {token}"})
            )
        choose = random.Random(options.seed)
        for product in choose.choices(self.products, k=SOCKETS):
            watchers.append(
                Watcher(f"inventory?product={product.pk}", product_audience(product.pk), "inventory")
            )
        return buyers, keepers, watchers


def run(options: argparse.Namespace, folder: Path) -> int:
    """The exit code: 1 when anything was lost, doubled or left behind, 130 when it was ended before its time."""
    with contextlib.ExitStack() as started:
        try:
            figures = staged(options, folder, started)
        except KeyboardInterrupt:
            print("Ended before there was anything to judge.", flush=True)
            return ENDED
    print(as_text(figures, options))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, default=str))
    return int(any(figures["violations"].values())) or (ENDED if "ended" in figures else 0)


def staged(options: argparse.Namespace, folder: Path, started: contextlib.ExitStack) -> dict[str, Any]:
    market = Market()
    nodes = folder / "nodes"
    nodes.mkdir()
    follower = replica.made(nodes)
    cluster = Cluster(nodes, settings=replica.settings(), nodes={follower.name: follower})
    started.callback(cluster.stop)
    cluster.start()
    return (lose_each if options.lose else work)(market, cluster, options, judge)


def work(market: Market, cluster: Cluster, options: argparse.Namespace, judge: Judge) -> dict[str, Any]:
    embedded.stripe_webhooks_to(f"{cluster.addresses('web')[0]}/api/v1/payments/webhooks/stripe")
    stopping, first = threading.Event(), log.head()
    wire = Balancer(cluster.addresses("web"), time.monotonic() + options.seconds + PATIENCE)
    buyers, keepers, watching = market.people(wire, stopping, options)
    watchers = Watchers(cluster.addresses("ws"), watching)
    nemesis = Nemesis(cluster, threading.Event(), options.seed)
    token = token_for(market.sellers[0].user)
    accountant = Accountant(token=token, name="accountant", wire=wire, stopping=stopping, seed="")
    people: list[Person] = [*buyers, *keepers, accountant]
    for thread in [watchers, *people, *([] if options.calm else [nemesis])]:
        thread.start()
    worked = slept(options.seconds)
    nemesis.stopping.set()
    if nemesis.is_alive():
        nemesis.join(PATIENCE)
    calm()
    stopping.set()
    recovered = cluster.wait_until_whole(PATIENCE)
    for person in people:
        person.join(PATIENCE)
    figures = judge(market, buyers, keepers, watching, first)
    watchers.stop()
    threads = [*people, nemesis]
    figures["violations"]["threads that failed"] = [one.failure for one in threads if one.failure] + [
        f"{one.name} never came to an end" for one in people if one.is_alive()
    ]
    figures["violations"]["answers that must not be"] = wire.faults
    figures["work"] |= {
        "reports read": accountant.reports,
        "requests": sum(wire.statuses.values()), "answers by status": dict(sorted(wire.statuses.items())),
        "refusals": dict(wire.refusals.most_common()), "connections refused": wire.refused, "connections that broke": wire.broken,
    }  # fmt: skip
    if worked < options.seconds:
        figures["ended"] = {"seconds worked before it was told to end": round(worked, 1)}
    figures["blows"] = blows(nemesis.blows) | {"seconds until whole at the end": round(recovered, 1)}
    return figures


def slept(seconds: float) -> float:
    """How long, in seconds: Ctrl-C ends the work, and not what follows it."""
    begun = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt):
        time.sleep(seconds)
        return seconds
    return time.monotonic() - begun


def judge(
    market: Market, buyers: list[Buyer], keepers: list[Shopkeeper], watching: list[Watcher], first: int
) -> dict[str, Any]:
    connection.close()  # the server that it led to has been killed since
    orphaned, orphans = verdict.settle(verdict.orphans)
    idle, waiting, last = idleness()
    behind, _ = verdict.settle(verdict.caught_up(watching, first))
    told = verdict.events(watching, first, log.head())
    deals = list(verdict.deals_of(buyers))
    return {
        "violations": {
            "acknowledged orders lost or changed": verdict.lost_orders(buyers),
            "orders doubled": verdict.doubled_orders(buyers),
            "stock that does not add up": verdict.wrong_stock(keepers, market.initial),
            "orphan payments and double charges": orphans,
            "`manage.py verify`": verdict.violations(),
            "jobs stuck": waiting,
            "jobs failed": verdict.rows(verdict.FAILED),
            "events missed": told["missed"],
            "events doubled": told["doubled"],
            "sockets out of order": told["disordered"],
        },
        "work": {
            "orders placed": sum(deal.order is not None for deal in deals),
            "charges acknowledged": sum(deal.is_charged for deal in deals),
            "cancellations acknowledged": sum(deal.is_cancelled for deal in deals),
            "attempts without an answer": sum(deal.is_unclear for deal in deals),
            "units received": sum(sum(keeper.received.values()) for keeper in keepers),
            "frames": told["frames"],
            "socket reconnects": told["reconnects"],
            "resyncs": told["resyncs"],
        },
        "after the end": {
            "seconds until no orphan": round(orphaned, 1),
            "seconds until no job waited": round(idle, 1),
            "the last that did": last,
            "seconds until every socket had all": round(behind, 1),
        },
    }


def idleness() -> tuple[float, list[str], str]:
    """Seconds until no job waited, those that still did when patience ended, and the last that were seen waiting."""
    last: list[str] = []

    def look() -> list[str]:
        waiting = verdict.waiting_jobs()
        last[:] = waiting or last
        return waiting

    seconds, waiting = verdict.settle(look, verdict.TAKEN_UP)
    return seconds, waiting, ", ".join(last) or "none"


def blows(struck: list[tuple[str, float]]) -> dict[str, Any]:
    """By kind: how many, and the seconds until all answered again."""
    kinds = Counter(name.split("-")[0].split(",")[0] for name, _ in struck)
    taken = {
        kind: sorted(seconds for name, seconds in struck if name.startswith(kind))
        for kind in sorted(kinds)
        if not kind.startswith("Stripe")
    }
    return {
        **{kind: f"{len(all_)} times, back after {all_[len(all_) // 2]:.1f} s (median), {all_[-1]:.1f} s (worst)" for kind, all_ in taken.items()},
        "trouble at Stripe": sum(count for kind, count in kinds.items() if kind.startswith("Stripe")),
    }  # fmt: skip


def as_text(figures: dict[str, Any], options: argparse.Namespace) -> str:
    lines = [f"{options.seconds} s, seed {options.seed}, {options.buyers} buyers", ""]
    for title, values in figures.items():
        lines.append(f"{title}:")
        for name, value in values.items():
            shown = len(value) if isinstance(value, list) else value or 0
            lines.append(f"  {name}: {shown}")
            lines += [f"    {line}" for line in value[:10]] if isinstance(value, list) else []
        lines.append("")
    return "\n".join(lines)
