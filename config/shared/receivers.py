"""What this app hands to the registry."""

from config.shared.events import log
from config.shared.idempotency import prune_records
from config.shared.registry import PRUNERS

PRUNERS["events"] = log.prune
PRUNERS["idempotency"] = prune_records
