"""The number of open connections by user and by address, counted per websocket process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from config.shared.actor import Actor
from config.shared.realtime.endings import too_many
from config.shared.requests import client_address, network_of

TAKEN: Counter[str] = Counter()


class Seats:
    """The places that one connection occupies. Raises Refused beyond the limit; a limit of 0 means unlimited."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def take_of_address(self, scope: dict[str, Any], headers: dict[str, str]) -> None:
        remote = (scope.get("client") or ("",))[0]
        address = client_address(remote, headers.get("x-forwarded-for", ""))
        self.take(f"address:{network_of(address)}", settings.SOCKETS_PER_ADDRESS)

    def take_of_user(self, actor: Actor) -> None:
        if not actor.is_guest:
            self.take(f"user:{actor.user_id}", settings.SOCKETS_PER_USER)

    def take(self, name: str, limit: int) -> None:
        if limit and TAKEN[name] >= limit:
            raise too_many()
        TAKEN[name] += 1
        self.names.append(name)

    def give_back(self) -> None:
        while self.names:
            name = self.names.pop()
            TAKEN[name] -= 1
            if not TAKEN[name]:
                del TAKEN[name]


@contextmanager
def seats() -> Iterator[Seats]:
    """Places that are given back however the connection ends."""
    own = Seats()
    try:
        yield own
    finally:
        own.give_back()
