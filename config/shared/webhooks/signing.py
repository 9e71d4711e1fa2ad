"""Signatures as specified by Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from config.shared.encoding import to_json

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{message_id}.{timestamp}.{body}".encode(), hashlib.sha256)
    return f"v1,{base64.b64encode(signed.digest()).decode()}"


def headers(secrets_in_force: Iterable[str], message_id: str, timestamp: int, body: str) -> dict[str, str]:
    """Signs with each secret in force, so that a receiver may switch at any moment of a rotation."""
    signed = [signature(secret, message_id, timestamp, body) for secret in secrets_in_force]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }


def body_of(kind: str, at: datetime, data: dict[str, Any], **more: str) -> str:
    """The payload of Standard Webhooks; `id` is the event's cursor in the log."""
    return to_json({"type": kind, **more, "timestamp": at, "data": data}).decode()
