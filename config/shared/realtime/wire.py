"""uvicorn's protocols with abilities that ASGI lacks; the Procfile selects them (`--ws`, `--http`).

A consumer finds its wire in the scope. Under another server there is none: frames are then sent one by one through
ASGI, and a client that never reads stays connected until that server drops it.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "souk.wire"
LINGER = 5.0  # seconds that a client has to read the end of its connection


class HttpWire(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: self}  # type: ignore[typeddict-unknown-key]

    def let_go(self) -> None:
        """Aborts after LINGER: a transport that is merely closed waits forever for a client that does not read."""
        self.loop.call_later(LINGER, self.transport.abort)


class SocketWire(WebSocketsSansIOProtocol):
    is_going = False

    async def run_asgi(self) -> None:
        self.scope["extensions"][EXTENSION] = self  # type: ignore[index]
        await super().run_asgi()

    def push(self, message: bytes) -> bool:
        """Writes an encoded message at once. False if it has to wait or the connection is closing."""
        is_open = self.handshake_complete and not self.close_sent and not self.disconnected
        if not is_open or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(message)
        return True

    def let_go(self) -> None:
        """From now on no write waits for the reader; after LINGER the connection is aborted, read or not."""
        self.is_going = True
        self.writable.set()
        self.loop.call_later(LINGER, self.transport.abort)

    def pause_writing(self) -> None:
        if not self.is_going:
            super().pause_writing()

    def keepalive_timeout(self) -> None:
        """A client that does not answer pings often does not read either, and would never see the close."""
        super().keepalive_timeout()
        self.let_go()


def wire_of(scope: dict[str, Any]) -> Any:
    return scope.get("extensions", {}).get(EXTENSION)
