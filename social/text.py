"""Text shown to strangers: clean lines, visible content, no writing-direction tricks."""

import re
from typing import Any

from accounts.fields import ONE_LINE, LineField
from config.shared.api import fields

# Overrides and isolates of the writing direction, which make the following text on the page read backwards.
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029]")
INVISIBLE = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u3164\ufe00-\ufe0f\ufeff\uffa0]+"
)


class Cleaned:
    """Removes direction and control characters. Text of which nothing visible remains counts as blank."""

    default_error_messages = {"invisible": "This text shows nothing."}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)  # type: ignore[misc]
        clean = CONTROLS.sub("", TURNS.sub("", text)).strip()
        if text and not INVISIBLE.sub("", clean):
            if self.allow_blank:  # type: ignore[attr-defined]
                return ""
            self.fail("invisible")  # type: ignore[attr-defined]
        return clean


class ShortText(Cleaned, LineField):
    """A single line, such as a title; refuses control characters, as every one-line field does."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str):
            ONE_LINE(data.strip())
        return super().to_internal_value(data)


class LongText(Cleaned, fields.CharField):
    """Several lines of plain text; HTML in it is escaped wherever it is shown."""
