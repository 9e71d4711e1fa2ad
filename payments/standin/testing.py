"""For tests: a stand-in process of their own, and its controls."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
WEBHOOK_SECRET = "whsec_souk_local"  # noqa: S105 (known to every test)
REQUEST_TIMEOUT_SECONDS = 40


class RunningStandIn:
    """A running stand-in: `url` for the SDK (`base_addresses={"api": url}`), and the control endpoints."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def trouble(self, **switches: Any) -> None:
        """`times=1, status=500, method="POST", path="/v1/refunds*"`: names as in `trouble.Rule`."""
        self._send("POST", "trouble", switches)

    def calm(self) -> None:
        """Ends every trouble; webhooks that were held back are sent."""
        self._send("DELETE", "trouble")

    def advance(self) -> int:
        """Makes everything scheduled for later happen now; returns how many things happened."""
        fired: int = self._send("POST", "advance")["fired"]
        return fired

    def calls(self, *, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        """The API calls so far whose path begins with `path`; `status` is None for one that got no answer."""
        found = self._send("GET", "calls")
        return [call for call in found if method in (None, call["method"]) and call["path"].startswith(path)]

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Oldest first."""
        return [event for event in self._send("GET", "events") if kind in (None, event["type"])]

    def hold_webhooks(self) -> None:
        self.trouble(hold_webhooks=True)

    def release_webhooks(self) -> None:
        self.trouble(hold_webhooks=False)

    def flush(self) -> None:
        """Returns when every webhook that is due has been tried once."""
        self._send("POST", "flush")

    def set_webhooks(self, *urls: str, secret: str = WEBHOOK_SECRET) -> None:
        """Replaces the receivers; without arguments there are none."""
        self._send("POST", "webhooks", {"url": list(urls), "secret": secret})

    def open_dispute(self, **target: str) -> Any:
        """`payment_intent=` or `charge=`, and `reason=`."""
        return self._send("POST", "disputes", target)

    def close_dispute(self, dispute: str, outcome: str) -> Any:
        """`outcome` is `won` or `lost`."""
        return self._send("POST", f"disputes/{dispute}/close", {"outcome": outcome})

    def submit(self, url: str, **form: str) -> str | None:
        """Posts a page's form as a browser would; returns the address to which it redirects, if any.

        `outcome="complete"` or `"fail"` on an authentication page, `outcome="complete"` on an onboarding page,
        `payment_method="pm_card_visa"` on a checkout page.
        """
        _, headers, _ = self._request("POST", url.removeprefix(self.url), urlencode(form))
        return headers.get("location")

    def reset(self) -> None:
        """Resets the state without a new process; the receivers stay."""
        self._send("POST", "reset")

    def kill(self) -> None:
        """As `kill -9`."""
        self.process.kill()
        self.process.wait()

    def _send(self, method: str, name: str, body: Any = None) -> Any:
        status, _, answer = self._request(method, f"/_standin/{name}", json.dumps(body or {}))
        if status != HTTPStatus.OK:
            raise ValueError(f"{status}: {answer.decode()}")
        return json.loads(answer)

    def _request(self, method: str, path: str, body: str) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=REQUEST_TIMEOUT_SECONDS)
        with closing(connection):
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()


@contextmanager
def running_standin(
    state: str | Path = ":memory:",
    webhook_url: str | None = None,
    webhook_secret: str = WEBHOOK_SECRET,
    *,
    settle_after: float = 2.0,
    port: int = 0,
) -> Iterator[RunningStandIn]:
    """A process that ends with the block, and with this process, however that ends."""
    command = [sys.executable, "-m", "payments.standin", "--state", str(state), "--port", str(port)]
    command += ["--webhook-secret", webhook_secret, "--parent-pid", str(os.getpid())]
    command += ["--settle-after", str(settle_after)]
    command += ["--webhook-url", webhook_url] if webhook_url else []
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 (our own module)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError(f"the stand-in did not start: exit code {process.wait()}")
        yield RunningStandIn(process, json.loads(line)["url"])
    finally:
        process.terminate()
        process.wait()
