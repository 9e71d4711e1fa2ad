"""Every race on production processes as they are shipped, then with its guard taken away."""

import argparse
import json
import random
import re
import time
from pathlib import Path
from typing import Any

import django

from config import embedded

embedded.ensure()
django.setup()

from django.core.management import call_command

from bench.races import breaking, buying, paying
from bench.races.race import Race, Stage, drop
from bench.soak import verdict
from bench.soak.cluster import Cluster
from bench.soak.nemesis import calm
from bench.soak.wire import Balancer

RACES: list[type[Race]] = [*buying.RACES, *paying.RACES, *breaking.RACES]
PATIENCE = 90.0  # seconds that a client of a race goes on trying
HEAD = "| race | rounds | attempts | violations | its control | rounds | attempts | violations seen |\n| --- | --- | --- | --- | --- | --- | --- | --- |"


def run(options: argparse.Namespace, folder: Path) -> int:
    """The exit code: 1 when something was violated, or a control found nothing."""
    call_command("migrate", interactive=False, verbosity=0)
    chosen = [race for race in RACES if re.search(options.only, race.title, re.IGNORECASE)]
    shipped = stage_runs(chosen, folder / "shipped", options, control=False)
    violations = verdict.violations()
    controls = stage_runs(chosen, folder / "control", options, control=True)
    table = [row(race, shipped[race.title], controls[race.title]) for race in chosen]
    report = {"seed": options.seed, "verify": violations, "races": table}
    print(as_markdown(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
        options.json.with_suffix(".md").write_text(as_markdown(report))
    broken = violations or any(one["violations"] or not one["control"]["violations"] for one in table)
    return int(bool(broken))


def stage_runs(
    races: list[type[Race]], folder: Path, options: argparse.Namespace, *, control: bool
) -> dict[str, dict[str, Any]]:
    """Figures by title."""
    without = folder / "without"
    folder.mkdir()
    without.write_text("")
    weak = {"DJANGO_SETTINGS_MODULE": "bench.races.weakened", "RACES_WITHOUT": str(without)}
    cluster = Cluster(folder, worker=1, settings=weak if control else {})
    try:
        cluster.start()
        embedded.stripe_webhooks_to(f"{cluster.addresses('web')[0]}/api/v1/payments/webhooks/stripe")
        return {race.title: one_race(race, cluster, without, options, control=control) for race in races}
    finally:
        cluster.stop()


def one_race(
    kind: type[Race], cluster: Cluster, without: Path, options: argparse.Namespace, *, control: bool
) -> dict[str, Any]:
    begun = time.monotonic()
    choose = random.Random(f"{options.seed} {kind.title} {control}")
    race = kind(Stage(cluster, Balancer(cluster.addresses("web"), 0), choose, without))
    if control:
        for name in kind.constraints:
            drop(name)
        without.write_text("\n".join(kind.guards))
        race.take_away()
    rounds = min(kind.control_rounds, options.rounds) if control else options.rounds
    try:
        attempts = all_rounds(race, rounds)
    finally:
        without.write_text("")
        race.give_back() if control else None
        calm()
        cluster.wait_until_whole(PATIENCE)
    faults = race.stage.wire.faults
    figures = {
        "rounds": rounds, "attempts": attempts, "violations": len(race.violations) + len(faults),
        "told": [*race.violations, *faults][:20], "seconds": round(time.monotonic() - begun, 1),
    }  # fmt: skip
    print(f"{'control' if control else 'shipped'}: {kind.title}: {figures}", flush=True)
    return figures


def all_rounds(race: Race, rounds: int) -> int:
    wire = race.stage.wire
    wire.deadline = time.monotonic() + PATIENCE
    race.begin()
    attempts = 0
    for _ in range(rounds):
        wire.deadline = time.monotonic() + PATIENCE
        attempts += race.round()
    wire.deadline = time.monotonic() + PATIENCE
    race.end()
    return attempts


def row(kind: type[Race], shipped: dict[str, Any], control: dict[str, Any]) -> dict[str, Any]:
    return {"race": kind.title, "without": kind.without, **shipped, "control": control}


def as_markdown(report: dict[str, Any]) -> str:
    lines = [
        f"Seed {report['seed']}; `manage.py verify` after the races: {len(report['verify'])} complaints.",
        "",
        HEAD,
    ]
    for one in report["races"]:
        control = one["control"]
        lines.append(
            f"| {one['race']} | {one['rounds']} | {one['attempts']:,} | {one['violations']} "
            f"| {one['without']} | {control['rounds']} | {control['attempts']:,} | {control['violations']} |"
        )
    return "\n".join(lines)
