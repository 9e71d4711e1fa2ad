"""Reads the operator's settings from the environment or `.env`; the environment wins."""

import ipaddress
import os
import re
from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(os.environ.get("SOUK_ENV_FILE", BASE_DIR / ".env"))

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
DURATION = re.compile(r"(\d+)\s*([smhdw]?)", re.ASCII)
CENTURY = 100 * 365 * 86_400
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def text(name: str, default: str = "") -> str:
    """The setting, or `default` when it is absent or empty (`NAME=` in a `.env` means absent)."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if value and value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
    return value in TRUE if value else default


def integer(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdecimal() and len(value) < 11 and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
    return int(value)


def port(name: str, default: int) -> int:
    return integer(name, default, least=1, most=65_535)


def one_of(name: str, default: str, allowed: Collection[str]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(allowed))}, not {value!r}.")
    return value


def address(name: str, default: str, schemes: tuple[str, ...]) -> str:
    """A URL, without a trailing slash."""
    value = text(name, default)
    if value and not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ImproperlyConfigured(
            f"{name} must begin with {' or '.join(s + '://' for s in schemes)}, not {value!r}."
        )
    return value.rstrip("/")


def ratio(name: str, default: float, *, least: float = 0) -> float:
    try:
        value = float(text(name, str(default)))
    except ValueError:
        value = -1.0
    if not least <= value < float("inf"):
        raise ImproperlyConfigured(f"{name} must be a number from {least}, not {text(name)!r}.")
    return value


def mail(name: str) -> dict[str, Any]:
    """Django's mail settings from a URL. Error messages do not repeat the URL, because it contains a password."""
    try:
        found = environ.Env.email_url_config(text(name))
    except (ImproperlyConfigured, ValueError):
        found = {}
    is_sent = found.get("EMAIL_BACKEND", "").endswith("smtp.EmailBackend")
    if not found or (is_sent and not found["EMAIL_HOST"]):
        raise ImproperlyConfigured(
            f"{name} must be a URL such as smtp+tls://user:password@mail.example.com:587."
        )
    return found


def rate(name: str, default: str) -> Decimal:
    """A share from 0 to 1, as a decimal text such as 0.19."""
    try:
        value = Decimal(text(name, default))
    except InvalidOperation:
        value = Decimal(-1)
    if not (value.is_finite() and 0 <= value <= 1):
        raise ImproperlyConfigured(f"{name} must be a decimal from 0 to 1, not {text(name)!r}.")
    return value


def duration(name: str, default: str) -> timedelta:
    """A length of time such as `90`, `45s`, `15m`, `12h`, `1d`, `2w`; a bare number is seconds."""
    value = text(name, default)
    match = DURATION.fullmatch(value)
    if match is None or not 0 < int(match[1]) * SECONDS[match[2]] <= CENTURY:
        raise ImproperlyConfigured(f"{name} must be a duration such as 15m or 1d, not {value!r}.")
    return timedelta(seconds=int(match[1]) * SECONDS[match[2]])


def several(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(part) for part in several(name)]
    except ValueError as problem:
        raise ImproperlyConfigured(f"{name} must list IP addresses or networks: {problem}.") from None


def required(name: str, why: str) -> str:
    """The setting; if it is missing, the start fails with its name."""
    if not text(name):
        raise ImproperlyConfigured(f"{name} is not set: {why} Set it in the environment or in .env.")
    return text(name)
