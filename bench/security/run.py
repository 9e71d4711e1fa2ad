"""Sets the market up, opens the stage, and tries one line of attack after the other."""

import argparse
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

django.setup()
logging.disable()  # this process's own: the servers' is what is looked through

from django.conf import settings
from django.core.management import call_command

from bench.security import stage, tools
from bench.security.attacks import ATTACKS
from bench.security.report import Check, as_json, as_markdown, as_text
from bench.security.wire import Wire
from config import embedded
from config.shared.webhooks.models import WebhookEndpoint
from config.tests.access.world import World, build_world


@dataclass
class Scene:
    """What an attack needs: addresses, the market, and folders to look through."""

    folder: Path
    seed: int
    world: World
    web: Wire
    limited: Wire
    sockets: str

    def caller(self, name: str) -> Wire:
        """As one of the access table's callers."""
        header = self.world.clients[name].defaults.get("HTTP_AUTHORIZATION")
        return Wire(self.web.base, {"Authorization": header} if header else {})


def market() -> World:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("create_roles", verbosity=0)
    settings.ALLOWED_HOSTS.append("testserver")
    world = build_world()
    WebhookEndpoint.objects.update(url="https://receiver.invalid/")  # which no resolver knows
    return world


def run(options: argparse.Namespace, folder: Path) -> int:
    """The exit code: 1 when anything got through, or a check has tried nothing."""
    begun = time.monotonic()
    groups = options.only.split(",") if options.only else [*ATTACKS, "tools"]
    checks = tools.checks() if "tools" in groups else []
    if wanted := [name for name in ATTACKS if name in groups]:
        world = market()
        cluster = stage.open_stage(folder)
        try:
            checks += attacked(scene_of(cluster, world, folder, options.seed), wanted)
        finally:
            cluster.stop()
    seconds = round(time.monotonic() - begun)
    bad = [check for check in checks if check.violations or check.is_hollow]
    tried = sum(check.attempts for check in checks)
    print(f"\nseed {options.seed}, {seconds} s: {tried} tried, {len(bad)} of {len(checks)} checks failed")
    if silent := [check.name for check in checks if check.note.startswith("NOT AUDITED")]:
        print(f"NOT AUDITED, so nothing is known of them: {', '.join(silent)} ({tools.ELSEWHERE})")
    if options.json:
        options.json.write_text(as_json(checks, seed=options.seed, seconds=seconds))
    if options.markdown:
        options.markdown.write_text(as_markdown(checks))
    return int(bool(bad))


def scene_of(cluster: Any, world: World, folder: Path, seed: int) -> Scene:
    web = cluster.nodes["web-1"].url.removesuffix("/readyz")
    embedded.stripe_webhooks_to(f"{web}/api/v1/payments/webhooks/stripe")
    limited = cluster.nodes["web-limited"].url.removesuffix("/readyz")
    return Scene(
        folder, seed, world, Wire(web), Wire(limited), cluster.addresses("ws")[0].replace("http", "ws", 1)
    )


def attacked(scene: Scene, wanted: list[str]) -> list[Check]:
    found = []
    for name in wanted:
        begun = time.monotonic()
        checks = list(ATTACKS[name](scene))
        print(f"--- {name}, {time.monotonic() - begun:.1f} s\n{as_text(checks)}", flush=True)
        found += checks
    return found
