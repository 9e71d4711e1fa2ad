"""What the staff pages of all apps share, and the pages of the event log and the outgoing webhooks."""

from config.shared.admin import pages
from config.shared.admin.acts import ActForm, act, run
from config.shared.admin.base import (
    ReadOnly,
    ReadOnlyAdmin,
    SavesChanges,
    StaffAdmin,
    link_to,
    list_of,
    said,
    tagged,
)
from config.shared.admin.filters import recent_values

__all__ = [
    "ActForm",
    "ReadOnly",
    "ReadOnlyAdmin",
    "SavesChanges",
    "StaffAdmin",
    "act",
    "link_to",
    "list_of",
    "pages",
    "recent_values",
    "run",
    "said",
    "tagged",
]
