from dataclasses import dataclass

from config.shared.events.declared import Event


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(Event, type="webhook.disabled", stream="notifications"):
    """A webhook of the recipient was disabled and gets nothing more; `reason` is `failing` or `gone`."""

    webhook: str
    reason: str
