"""What goes wrong: processes killed at any moment, and a Stripe that misbehaves. The seed makes its choices repeatable."""

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.machine import services
from bench.soak.cluster import Cluster
from config import embedded
from payments.standin.testing import RunningStandIn

PATIENCE = 60.0  # seconds until everything must answer again
TROUBLES: dict[str, dict[str, object]] = {
    "answers dropped": {"drop": True, "probability": 0.4},
    "answers late": {"delay": 2.0, "probability": 0.5},
    "too many requests": {"status": 429, "probability": 0.5},
    "errors": {"status": 500, "probability": 0.5},
    "errors after the commit": {"status": 500, "when": "after", "probability": 0.4},
    "webhooks doubled and reordered": {"duplicate_webhooks": True, "reorder_webhooks": True},
    "webhooks held back": {"hold_webhooks": True},
}


class Nemesis(threading.Thread):
    """One blow after another; each is followed until all answers again, and its seconds are kept."""

    def __init__(self, cluster: Cluster, stopping: threading.Event, seed: int) -> None:
        super().__init__(name="nemesis", daemon=True)
        self.cluster, self.stopping, self.choose = cluster, stopping, random.Random(seed)
        self.blows: list[tuple[str, float]] = []
        self.failure = ""

    def run(self) -> None:
        try:
            while not self.stopping.wait(self.choose.uniform(2, 5)):
                self.strike(*self.choose.choice(self.menu()))
        except BaseException as problem:  # the verdict tells of it
            self.failure = f"nemesis: {problem!r}"
            raise

    def menu(self) -> list[tuple[str, Callable[[], None]]]:
        """Whole nodes, single processes of them, the services behind, and trouble at Stripe, each as likely as the others."""
        nodes = [(name, lambda node=node: node.kill()) for name, node in self.cluster.nodes.items()]
        alone = [
            (f"{name}, its first process", lambda node=node: node.kill(whole=False))
            for name, node in self.cluster.nodes.items()
            if name.startswith("web")
        ]
        behind: list[tuple[str, Callable[[], None]]] = [
            (name, lambda name=name: kill(service_pid(name))) for name in ("postgres", "valkey", "stripe")
        ]
        trouble = [
            (f"Stripe: {name}", lambda name=name: self.trouble(TROUBLES[name])) for name in sorted(TROUBLES)
        ]
        return [*nodes, *alone, *behind, *behind, *trouble]

    def strike(self, name: str, blow: Callable[[], None]) -> None:
        begun = time.monotonic()
        blow()
        time.sleep(0.3)  # so that a dead process is seen to be dead
        self.cluster.wait_until_whole(PATIENCE)
        if not name.startswith("Stripe"):
            self.blows.append((name, time.monotonic() - begun))
        else:
            self.blows.append((name, 0.0))

    def trouble(self, switches: dict[str, object]) -> None:
        with contextlib.suppress(OSError, ValueError):
            standin().trouble(**switches)
            self.stopping.wait(self.choose.uniform(2, 4))
        calm()


def standin() -> RunningStandIn:
    return RunningStandIn(None, embedded.stripe_url())  # type: ignore[arg-type]  (its process is the keeper's)


def calm() -> None:
    """Until it is heard: the stand-in may be starting again."""
    for _ in range(50):
        with contextlib.suppress(OSError, ValueError, embedded.NotStarted):
            standin().calm()
            return
        time.sleep(0.2)


def service_pid(name: str) -> int:
    if name == "stripe":
        return int(json.loads((Path(embedded.data_dir()) / "stripe" / "address.json").read_text())["pid"])
    return services().get(name, 0)


def kill(pid: int) -> None:
    """Nothing when it is dead already."""
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
