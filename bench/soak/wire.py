"""HTTP to several nodes behind one another, as through a load balancer, by a client that gives up late."""

import itertools
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from uuid import uuid4

AGAIN = {409: {"idempotency_in_progress"}, 429: None, 503: None}  # answers that say: later
PAUSE = 0.2
TIMEOUT = 30


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> str:
        return self.body.get("code", "") if isinstance(self.body, dict) else ""

    @property
    def says_later(self) -> bool:
        codes = AGAIN.get(self.status, set())
        return codes is None or self.code in codes


@dataclass
class Balancer:
    """Round robin; a node that does not answer is passed over. What must never be answered is counted."""

    nodes: list[str]
    deadline: float  # by the monotonic clock: when even the patient give up
    statuses: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    refused: int = 0  # connections that no node took
    broken: int = 0  # those that ended without an answer
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turn, self.lock, self.local = itertools.count(), threading.Lock(), threading.local()

    def once(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer | None:
        """One attempt; None when the connection ended without an answer."""
        node = self.nodes[next(self.turn) % len(self.nodes)]
        connection = HTTPConnection(node.removeprefix("http://"), timeout=TIMEOUT)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(
                method, f"/api/v1{path}", data, {"Content-Type": "application/json", **headers}
            )
            response = connection.getresponse()
            raw = response.read()
        except ConnectionRefusedError:
            with self.lock:
                self.refused += 1
            return None
        except (OSError, HTTPException):
            with self.lock:
                self.broken += 1
            return None
        finally:
            connection.close()
        return self.judged(method, path, Answer(response.status, decoded(raw), response.headers))

    def judged(self, method: str, path: str, answer: Answer) -> Answer:
        """A 5xx is a fault unless it is a 503 that says so in a problem document."""
        with self.lock:
            self.statuses[answer.status] += 1
            if answer.status >= 400:
                self.refusals[f"{answer.status} {answer.code}"] += 1
            is_clear = isinstance(answer.body, dict) and "request_id" in answer.body
            if answer.status >= 400 and not (is_clear and answer.status in {*range(400, 500), 503}):
                self.faults.append(f"{answer.status} {method} {path}: {str(answer.body)[:200]}")
        return answer

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer | None:
        """Repeated until there is an answer that does not say "later"; None when time is over before that."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        while time.monotonic() < self.deadline:
            answer = self.once(method, path, body, named)
            if answer is not None and not answer.says_later:
                return answer
            time.sleep(PAUSE)
        return None


def decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw[:200]


def fresh_key() -> dict[str, str]:
    return {"Idempotency_Key": uuid4().hex}
