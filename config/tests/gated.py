"""What granian serves in the gate's tests: an application that refuses without reading, and one that says what it read."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from config import gate

gate.GRACE = float(os.environ["GRACE"])


def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/refused":
        start_response("401 Unauthorized", [])
        return [b"who are you?"]
    start_response("200 OK", [])
    return [str(len(environ["wsgi.input"].read())).encode() if "CONTENT_LENGTH" in environ else b"nothing"]


application = gate.Gate(answer)
