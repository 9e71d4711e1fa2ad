"""An upgrade with open doors: the release before fills its database and sells, this code migrates it, and both sell beside each other.

The release before is the newest commit without a migration behind `RELEASED` (config/migration_safety.py). No answer may be a
5xx, `verify` finds nothing, and the schema is the one of a database that was built anew.
"""

import argparse
import ast
import io
import re
import subprocess
import tarfile
import threading
import time
from difflib import unified_diff
from pathlib import Path
from typing import Any

from bench.rehearsals.programs import Watch, manage, query, run, schema_of
from bench.soak.cluster import Cluster
from bench.soak.people import Buyer, Person
from bench.soak.wire import Balancer
from config import embedded
from config.tests.live import PROJECT

UPGRADED, FRESH = "souk", "souk_fresh"
PATIENCE = 60.0
PLACES = {"shared": "config/shared"}
IN_STOCK = """
SELECT level.variant_id FROM catalog_stocklevel level JOIN catalog_variant v ON v.id = level.variant_id
JOIN catalog_product p ON p.id = v.product_id JOIN accounts_seller s ON s.id = p.seller_id
WHERE on_hand - reserved > 20 AND p.status = 'active' AND s.status = 'active' AND v.currency = 'USD'
"""


class Reader(Person):
    """Looks at the shop as guests do."""

    def round(self) -> None:
        for path in ("/products?limit=50", "/categories", "/sellers", "/search/suggest?q=lamp"):
            self.wire.send("GET", path)


def rehearse(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    embedded.ensure()
    commit = release_before()
    old = checked_out(commit, folder / "release")
    figures: dict[str, Any] = {"the release before": commit[:10]}
    violations = filled(old, figures)
    violations = violations or upgraded(options, folder, old, figures)
    violations += (
        [f"verify: {(done.stdout + done.stderr)[-500:]}"]
        if (done := manage(UPGRADED, "verify")).returncode
        else []
    )
    return {"violations": violations + differing(figures), "figures": figures}


# --- The release before -----------------------------------------------------------------------------------------


def git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"The release before is looked for in git: {done.stderr.decode().strip()}")
    return done.stdout


def release_before() -> str:
    released = told_by(Path(PROJECT, "config", "migration_safety.py").read_text())
    for commit in git("rev-list", "HEAD").decode().split():
        names = git("ls-tree", "-r", "--name-only", commit).decode().splitlines()
        if all(last_migration(names, app) <= number for app, number in released.items()):
            return commit
    raise SystemExit("No commit has the released migrations alone.")


def told_by(source: str) -> dict[str, int]:
    return ast.literal_eval(re.search(r"^RELEASED = (\{.*?\})", source, re.MULTILINE | re.DOTALL)[1])


def last_migration(names: list[str], app: str) -> int:
    begin = f"{PLACES.get(app, app)}/migrations/0"
    return max((int(name.rpartition("/")[2][:4]) for name in names if name.startswith(begin)), default=10**4)


def checked_out(commit: str, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as archive:
        archive.extractall(folder)  # our own, and Python knows filters only from 3.11.4 on
    return folder


# --- The upgrade ------------------------------------------------------------------------------------------------


# By the release's own factories: a demo of a commit between two releases may be at work.
FILL = """
from accounts.tests.factories import SellerFactory, UserFactory
from catalog.tests.factories import ProductFactory, VariantFactory
from payments.tests.factories import place
variants = [VariantFactory(product=ProductFactory(seller=shop), stock=400) for shop in (SellerFactory(), SellerFactory()) for _ in range(10)]
for n in range(20):
    place(UserFactory() if n % 2 else None, variants[n], variants[-1 - n])
"""


def filled(old: Path, figures: dict[str, Any]) -> list[str]:
    for command in (["migrate", "--verbosity", "0"], ["shell", "-c", FILL]):
        done = manage(UPGRADED, *command, folder=old)
        if done.returncode:
            return [f"{command[0]} of the release before: {done.stderr[-800:]}"]
    figures["rows in it"] = f"{query(UPGRADED, ROWS)} orders, products and events"
    return []


ROWS = """
SELECT (SELECT count(*) FROM orders_order) || ', ' || (SELECT count(*) FROM catalog_product) || ', '
  || (SELECT count(*) FROM shared_eventrecord)
"""


def upgraded(options: argparse.Namespace, folder: Path, old: Path, figures: dict[str, Any]) -> list[str]:
    """Old code alone, old code while and after the migration, both, and new code alone; the same people all the time."""
    before = Cluster(folder / "old", web=1, ws=0, worker=1, home=old)
    after = Cluster(folder / "new", web=1, ws=0, worker=1)
    before.start()
    stopping, wire = threading.Event(), Balancer(list(before.addresses("web")), time.monotonic() + 600)
    embedded.stripe_webhooks_to(f"{before.addresses('web')[0]}/api/v1/payments/webhooks/stripe")
    people = opened(options, wire, stopping)
    try:
        time.sleep(options.seconds)
        figures["orders on the old schema"], watch = placed(people), Watch()
        done = manage(UPGRADED, "migrate", "--verbosity", "1")
        figures["the migration took"], figures["migrations"] = str(watch), done.stdout.count("Applying ")
        time.sleep(options.seconds / 2)
        figures["orders by the old code on the new schema, too"] = placed(people)
        after.start()
        wire.nodes.extend(after.addresses("web"))
        time.sleep(options.seconds / 2)
        wire.nodes[:] = after.addresses("web")
        embedded.stripe_webhooks_to(f"{after.addresses('web')[0]}/api/v1/payments/webhooks/stripe")
        time.sleep(2)  # a balancer drains before it lets a node be stopped
        before.stop()
        time.sleep(options.seconds / 2)
    finally:
        stopping.set()
        for person in people:
            person.join(PATIENCE)
        before.stop()
        if after.nodes:
            after.stop()
    figures["orders in the end"], figures["answers"] = placed(people), dict(sorted(wire.statuses.items()))
    figures["connections that broke"] = wire.broken + wire.refused
    failed = [f"migrate: {done.stderr[-500:]}"] if done.returncode else []
    failed += [person.failure for person in people if person.failure] + wire.faults
    return failed + (
        [] if placed(people) > figures["orders on the old schema"] > 0 else ["too few orders to say anything"]
    )


def opened(options: argparse.Namespace, wire: Balancer, stopping: threading.Event) -> list[Person]:
    variants = [int(key) for key in query(UPGRADED, IN_STOCK).split()]
    rest = {"wire": wire, "stopping": stopping}
    people: list[Person] = [
        Buyer(token=None, variants=variants, name=f"guest {n}", seed=f"{options.seed} {n}", **rest)
        for n in range(options.buyers)
    ]
    people.append(Reader(name="reader", seed="", **rest))
    for person in people:
        person.start()
    return people


def placed(people: list[Person]) -> int:
    return sum(
        deal.order is not None
        for person in people
        if isinstance(person, Buyer)
        for deal in list(person.deals)
    )


def differing(figures: dict[str, Any]) -> list[str]:
    run("createdb", FRESH)
    done = manage(FRESH, "migrate", "--verbosity", "0")
    if done.returncode:
        return [f"migrate from nothing: {done.stderr[-500:]}"]
    ours, fresh = schema_of(UPGRADED), schema_of(FRESH)
    figures["lines of the schema"] = len(fresh.splitlines())
    return list(
        unified_diff(fresh.splitlines(), ours.splitlines(), "built anew", "upgraded", lineterm="", n=1)
    )[:60]
