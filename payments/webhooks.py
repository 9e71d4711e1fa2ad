"""Webhooks of Stripe: verifies sender, receiver and time. What they say is read again elsewhere."""

import hmac
import re
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from payments import gateway
from payments.errors import BadEvent, BadSignature

TOLERANCE = 300  # seconds, in both directions: the SDK's own check takes any time in the future
TIMESTAMP = re.compile(r"t=(\d{1,12})", re.ASCII)
SIGNATURE = re.compile(r"v1=([0-9a-f]{64})", re.ASCII)
FOLLOWED = (
    "payment_intent.",
    "refund.",
    "charge.refund.updated",
    "charge.dispute.",
    "checkout.session.",
    "account.updated",
    "transfer.created",
    "transfer.reversed",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to an object of Stripe's."""

    event_id: str
    type: str
    object_id: str

    @property
    def is_followed(self) -> bool:
        return self.type.startswith(FOLLOWED)


def read(raw: bytes, header: str, *secrets: str) -> Notice:
    """The notice in a body that one of `secrets` signed. Raises BadSignature, BadEvent."""
    check_signature(raw, header, *secrets)
    try:
        event = orjson.loads(raw)
        notice = Notice(text(event["id"]), text(event["type"]), text(event["data"]["object"].get("id", "-")))
        is_live = event["livemode"]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError):
        raise BadEvent from None
    if is_live is not gateway.is_live():
        raise BadEvent
    return notice


def text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) < 256 or "\x00" in value:
        raise ValueError("not a name")
    return value


def check_signature(raw: bytes, header: str, *secrets: str) -> None:
    """Checks the raw body, because a parsed body is not what was signed."""
    parts = [part.strip() for part in header.split(",")]
    times = [match[1] for part in parts if (match := TIMESTAMP.fullmatch(part))]
    given = [match[1] for part in parts if (match := SIGNATURE.fullmatch(part))]
    if len(times) != 1 or abs(time.time() - int(times[0])) > TOLERANCE:
        raise BadSignature
    payload = times[0].encode() + b"." + raw
    expected = [hmac.new(secret.encode(), payload, sha256).hexdigest() for secret in secrets if secret]
    if not any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in given):
        raise BadSignature
