"""Progress of a long command."""

import time
from types import TracebackType
from typing import Any

WIDTH = 30


class Progress:
    """A bar that moves on a terminal; a line for every tenth elsewhere."""

    def __init__(self, stream: Any, what: str, total: int) -> None:
        self.stream, self.what, self.total = stream, what, max(1, total)
        self.is_terminal, self.tenth = stream.isatty(), -1

    def __enter__(self) -> "Progress":
        self.started = time.monotonic()
        self.reach(0)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: Any, trace: TracebackType | None) -> None:
        if kind is None:
            self.reach(self.total)
        if self.is_terminal:
            self.stream.write("\n", ending="")

    def reach(self, done: int) -> None:
        done = min(done, self.total)
        tenth = done * 10 // self.total
        if not self.is_terminal and tenth == self.tenth:
            return
        self.tenth = tenth
        filled = "#" * (WIDTH * done // self.total)
        line = (
            f"[{filled:<{WIDTH}}] {done} of {self.total} {self.what}, {time.monotonic() - self.started:.0f} s"
        )
        self.stream.write(f"\r{line}" if self.is_terminal else line, ending="" if self.is_terminal else "\n")
        self.stream.flush()
