"""A parser without what protects from bodies out of shape: for the control."""

import json
from typing import Any

from bench.races.weakened import names
from config.shared.api import parsers


class JSONParser(parsers.JSONParser):
    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if "body" not in names():
            return super().parse(stream, media_type, parser_context)
        return json.loads(stream.read())
