"""A dump while orders are placed, restored into a new database: what was acknowledged before it is there, and the shop goes on."""

import argparse
import threading
import time
from pathlib import Path
from typing import Any

from bench.rehearsals.programs import Watch, manage, query, run
from bench.soak.cluster import Cluster
from bench.soak.people import Buyer
from bench.soak.run import Market  # starts the services and Django
from bench.soak.wire import Balancer
from config import embedded
from config.shared import redis

SOLD, RESTORED = "souk", "souk_restored"
PATIENCE = 60.0


def rehearse(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    file, violations, figures = folder / "souk.dump", list[str](), dict[str, Any]()
    acknowledged = sell_and_dump(options, folder, file, figures)
    restore(file, figures)
    violations += lacking(acknowledged)
    violations += of_command("verify")
    violations += of_command("reconcile_payments")
    violations += of_command("verify")
    redis.connection().flushall()  # as it is on a machine that is new
    violations += sell_on(options, folder, figures)
    violations += of_command("verify")
    return {"violations": violations, "figures": figures}


def sell_and_dump(
    options: argparse.Namespace, folder: Path, file: Path, figures: dict[str, Any]
) -> dict[str, int]:
    """Orders, and what each costs, that had been answered when the dump began."""
    market, stopping = Market(), threading.Event()
    cluster = Cluster(folder / "before", web=1, ws=0, worker=1)
    cluster.start()
    try:
        buyers = opened(market, cluster, options, stopping)
        time.sleep(options.seconds)
        before, watch = told(buyers), Watch()
        run("pg_dump", "--format=custom", "--file", file, "-d", SOLD)
        figures["the dump took"], meanwhile = str(watch), told(buyers)
        time.sleep(2)
        close(buyers, stopping)
    finally:
        cluster.stop()
    figures["acknowledged before it"] = len(before)
    figures["placed while it ran"], figures["placed after it"] = (
        len(meanwhile) - len(before),
        len(told(buyers)) - len(meanwhile),
    )
    figures["size of the dump"] = f"{file.stat().st_size / 1024:.0f} KB"
    return before


def opened(
    market: Market, cluster: Cluster, options: argparse.Namespace, stopping: threading.Event
) -> list[Buyer]:
    embedded.stripe_webhooks_to(f"{cluster.addresses('web')[0]}/api/v1/payments/webhooks/stripe")
    wire = Balancer(cluster.addresses("web"), time.monotonic() + options.seconds + PATIENCE)
    buyers, _, _ = market.people(wire, stopping, options)
    for buyer in buyers:
        buyer.start()
    return buyers


def close(buyers: list[Buyer], stopping: threading.Event) -> None:
    stopping.set()
    for buyer in buyers:
        buyer.join(PATIENCE)


def told(buyers: list[Buyer]) -> dict[str, int]:
    return {
        deal.order: deal.total["amount"]
        for buyer in buyers
        for deal in list(buyer.deals)
        if deal.order and deal.total
    }


def restore(file: Path, figures: dict[str, Any]) -> None:
    watch = Watch()
    run("createdb", RESTORED)
    run("pg_restore", "--no-owner", "--exit-on-error", "--dbname", RESTORED, file)
    figures["the restore took"] = str(watch)
    figures["orders in it"] = query(RESTORED, "SELECT count(*) FROM orders_order")


def lacking(acknowledged: dict[str, int]) -> list[str]:
    rows = query(RESTORED, "SELECT id, total_amount FROM orders_order").splitlines()
    there = dict(row.split("|") for row in rows)
    return [
        f"order {key}: {there.get(key)} instead of {total}"
        for key, total in acknowledged.items()
        if there.get(key) != str(total)
    ]


def of_command(name: str) -> list[str]:
    done = manage(RESTORED, name)
    return [f"{name}: {(done.stdout + done.stderr).strip()[-500:]}"] if done.returncode else []


def sell_on(options: argparse.Namespace, folder: Path, figures: dict[str, Any]) -> list[str]:
    """The shop opened on the restored database; it must sell, and know what was paid."""
    stopping, watch = threading.Event(), Watch()
    cluster = Cluster(folder / "after", web=1, ws=0, worker=1, settings={"DB_NAME": RESTORED})
    cluster.start()
    figures["until it answers again"] = str(watch)
    wire = Balancer(cluster.addresses("web"), time.monotonic() + PATIENCE)
    variants = [
        int(key)
        for key in query(
            RESTORED, "SELECT variant_id FROM catalog_stocklevel WHERE on_hand - reserved > 20"
        ).split()
    ]
    buyer = Buyer(token=None, variants=variants, name="guest", wire=wire, stopping=stopping, seed="restored")
    embedded.stripe_webhooks_to(f"{cluster.addresses('web')[0]}/api/v1/payments/webhooks/stripe")
    try:
        buyer.start()
        while not any(deal.is_charged for deal in list(buyer.deals)) and time.monotonic() < wire.deadline:
            time.sleep(0.2)
        close([buyer], stopping)
    finally:
        cluster.stop()
    figures["orders placed on it"] = len(told([buyer]))
    figures["of them paid"] = sum(deal.is_charged for deal in buyer.deals)
    return wire.faults + ([] if figures["of them paid"] else ["nothing was sold on what was restored"])
