"""Structured JSON logs that carry the request id and no secrets."""

import logging.config
import re
import sys
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

SECRET_NAME = re.compile(r"passw|secret|token|authorization|cookie|api_?key|card|cvc|ticket", re.IGNORECASE)
SECRET_VALUE = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]+"  # a JWT
    r"|\b(?:sk|rk|whsec)_[A-Za-z0-9_]{8,}|_secret_[A-Za-z0-9]+"  # keys and client secrets; ids such as pi_… stay
    r"|\b\d{13,19}\b"  # a card's number
    r"|(?<=://)[^@/\s]+(?=@)"  # user and password in an address
    r"|(?<=ticket=)[^&\s\"']+|(?<=token=)[^&\s\"']+|(?<=password=)[^&\s\"']+"
    r"|(?<=Bearer )\S+"
)
HIDDEN = "[hidden]"
HTTP_LOGGER = logging.getLogger("souk.http")


def request_id_now() -> str:
    """The id of the request being answered, or of the one that caused the running job."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def hide(value: Any, name: str = "") -> Any:
    """`value` with anything hidden that looks like a secret by its name or form."""
    if isinstance(value, dict):
        return {key: hide(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hide(inner, name) for inner in value]
    if SECRET_NAME.search(name) and value is not None:
        return HIDDEN
    return SECRET_VALUE.sub(HIDDEN, value) if isinstance(value, str) else value


def hide_secrets(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    return hide(event)


def write_request(**event: Any) -> None:
    """Writes a request's line as `configure`'s processors would, but faster: only the path is searched, as only the
    path could hold a secret."""
    if HTTP_LOGGER.isEnabledFor(logging.INFO):
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = {
            **event,
            "path": hide(event["path"]),
            "event": "request",
            "logger": HTTP_LOGGER.name,
            "level": "info",
            "at": at,
        }
        sys.stderr.write(f"{to_line(line)}\n")


def to_line(event: Any, **kwargs: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.format_exc_info,
    hide_secrets,
]


def configure(config: dict[str, Any]) -> None:
    """Django's `LOGGING_CONFIG`: lines of the project, of Django and of libraries in one format."""
    renderer = structlog.processors.JSONRenderer(serializer=to_line)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        "foreign_pre_chain": PROCESSORS,
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": config["level"]},
            # Our middleware logs each request once, and a 4xx is no reason for a server warning.
            "loggers": {
                "django.request": {"level": "ERROR"},
                "procrastinate": {"level": "WARNING"},
                "stripe": {"level": "WARNING"},
                "fontTools": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[*PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
