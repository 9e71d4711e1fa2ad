"""Ways to Redis for what is not a cache: counters and tickets, with the same tight timeout; scripts of the hottest paths."""

import os
import threading
from hashlib import sha1
from typing import Any

from django_redis import get_redis_connection
from redis import exceptions

# Full or read-only is as good as gone: both are errors of the answer, not of the connection.
DOWN = (exceptions.RedisError,)


def connection() -> Any:
    return get_redis_connection("default")


class Script:
    """A Lua script, on a connection that the thread keeps: the client's pool, retries and metrics cost three times what a
    short script does. A connection that was lost is made anew once, so a script may run twice."""

    def __init__(self, lua: str, alias: str = "default") -> None:
        self.lua, self.alias = lua, alias
        self.digest = sha1(lua.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: list[str], values: list[Any]) -> Any:
        line = wires.line(self.alias)
        try:
            return self.run(line, keys, values)
        except exceptions.ConnectionError:
            line.disconnect()
            return self.run(line, keys, values)

    def run(self, line: Any, keys: list[str], values: list[Any]) -> Any:
        try:
            return ask(line, "EVALSHA", self.digest, len(keys), *keys, *values)
        except exceptions.NoScriptError:
            return ask(line, "EVAL", self.lua, len(keys), *keys, *values)


def ask(line: Any, *command: Any) -> Any:
    line.send_packed_command(line.pack_command(*command), check_health=False)
    return line.read_response()


class Wires(threading.local):
    """The connections of a thread, by the name of the cache; a forked process makes its own."""

    def __init__(self) -> None:
        self.lines: dict[str, Any] = {}
        self.process = os.getpid()

    def line(self, alias: str) -> Any:
        if self.process != os.getpid():
            self.__init__()  # type: ignore[misc]
        if alias not in self.lines:
            pool = get_redis_connection(alias).connection_pool  # its own number of connections is limited
            self.lines[alias] = pool.connection_class(**pool.connection_kwargs)
        return self.lines[alias]


wires = Wires()
