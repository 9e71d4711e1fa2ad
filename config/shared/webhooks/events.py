from dataclasses import dataclass

from config.shared.events.declared import Event


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(Event, type="webhook.disabled", stream="notifications"):
    """An endpoint of one's own is told nothing more; `reason` is `failing` or `gone`."""

    webhook: str
    reason: str
