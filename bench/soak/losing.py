"""One node after the other is taken away while people work, stays away for a while, and comes back (`SOAK_LOSE=each`).

For each of them the same verdict: what was acknowledged is there, once. What had to wait meanwhile is told, not counted.
"""

import argparse
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.soak.cluster import Cluster, Node
from bench.soak.nemesis import kill, service_pid
from bench.soak.people import Buyer, Person, Shopkeeper
from bench.soak.watchers import Watchers
from bench.soak.wire import Balancer
from config import embedded
from config.shared.events import log

SERVICES = ("postgres", "valkey", "stripe")
WHOLE = 3.0  # seconds of work before and after
PATIENCE = 90.0
Judge = Callable[..., dict[str, Any]]


def losable(cluster: Cluster) -> dict[str, list[str]]:
    """What is taken away together: each node, the services behind, and both workers, with whom the relay goes."""
    workers = [name for name in cluster.nodes if name.startswith("worker-")]
    return {name: [name] for name in (*cluster.nodes, *SERVICES)} | {"the relay (every worker)": workers}


def wanted(cluster: Cluster, which: str) -> dict[str, list[str]]:
    all_ = losable(cluster)
    if which == "each":
        return all_
    names = which.split(",")
    if unknown := set(names) - all_.keys():
        raise SystemExit(f"There is no {', '.join(sorted(unknown))}; there are: {', '.join(all_)}.")
    return {name: all_[name] for name in names}


@contextmanager
def without(cluster: Cluster, names: list[str], *, gently: bool) -> Iterator[list[str]]:
    """Killed, or nodes `gently` told to end, and kept from being started again; gives who did not end."""
    cluster.away.update(names)
    behind = [name for name in names if name in SERVICES]
    keeper = int(Path(embedded.data_dir(), "keeper.pid").read_text()) if behind else 0
    if keeper:
        os.kill(keeper, signal.SIGSTOP)  # it would start them again
    try:
        for name in behind:
            kill(service_pid(name))
        yield [name for name in names if name not in behind and not taken(cluster.nodes[name], gently=gently)]
    finally:
        if keeper:
            with suppress(ProcessLookupError):
                os.kill(keeper, signal.SIGCONT)
        cluster.away.difference_update(names)


def taken(node: Node, *, gently: bool) -> bool:
    if gently:
        return node.end()
    node.kill()
    return True


class Losing:
    """People who come and go with each loss; what all of them were told counts until the end."""

    def __init__(self, market: Any, cluster: Cluster, options: argparse.Namespace, judge: Judge) -> None:
        self.market, self.cluster, self.options, self.judge = market, cluster, options, judge
        self.buyers: list[Buyer] = []
        self.keepers: list[Shopkeeper] = []

    def one(self, names: list[str], seconds: float) -> tuple[list[str], str]:
        """The violations after the loss, and how the work went on meanwhile."""
        stopping, first = threading.Event(), log.head()
        wire = Balancer(self.cluster.addresses("web"), time.monotonic() + seconds + PATIENCE)
        buyers, keepers, watching = self.market.people(wire, stopping, self.options)
        for watcher in watching:  # what the loss before left behind may come before they have connected
            watcher.cursor = str(first)
        watchers = Watchers(self.cluster.addresses("ws"), watching)
        people: list[Person] = [*buyers, *keepers]
        for thread in [watchers, *people]:
            thread.start()
        time.sleep(WHOLE)
        before = told(wire, buyers)
        with without(self.cluster, names, gently=self.options.gently) as unwilling:
            time.sleep(seconds)
            meanwhile = tuple(now - then for now, then in zip(told(wire, buyers), before, strict=True))
        back = self.cluster.wait_until_whole(PATIENCE)
        time.sleep(WHOLE)
        stopping.set()
        for person in people:
            person.join(PATIENCE)
        self.buyers += buyers
        self.keepers += keepers
        found = self.judge(self.market, self.buyers, self.keepers, watching, first)
        watchers.stop()
        wrong = violations(found["violations"]) + wire.faults + [one.failure for one in people if one.failure]
        wrong += [f"{name} did not end" for name in unwilling]
        answered, orders, refused, broken = meanwhile
        return wrong, (
            f"{seconds:.0f} s away: {answered} answered, {orders} orders, {refused} connections refused,"
            f" {broken} that broke; whole again after {back:.1f} s"
        )


def told(wire: Balancer, buyers: list[Buyer]) -> tuple[int, int, int, int]:
    """Answers that are a success, orders, connections refused, connections that broke."""
    done = sum(count for status, count in dict(wire.statuses).items() if status < 400)
    orders = sum(deal.order is not None for buyer in buyers for deal in list(buyer.deals))
    return done, orders, wire.refused, wire.broken


def violations(found: dict[str, Any]) -> list[str]:
    return [f"{name}: {value}" for name, value in found.items() if value]


def lose_each(market: Any, cluster: Cluster, options: argparse.Namespace, judge: Judge) -> dict[str, Any]:
    embedded.stripe_webhooks_to(f"{cluster.addresses('web')[0]}/api/v1/payments/webhooks/stripe")
    losing, lost = Losing(market, cluster, options, judge), wanted(cluster, options.lose)
    seconds = max(5.0, options.seconds / len(lost) - 2 * WHOLE)
    figures: dict[str, Any] = {"violations": {}, "meanwhile": {}}
    for name, names in lost.items():
        try:
            wrong, course = losing.one(names, seconds)
        except KeyboardInterrupt:
            figures["ended"] = {"before its end": [f"without {name}"]}
            break
        figures["violations"][f"without {name}"], figures["meanwhile"][name] = wrong, course
        print(f"without {name}: {len(wrong)} violations; {course}", *wrong, sep="\n  ", flush=True)
    return figures
