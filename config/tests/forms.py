"""A page's form as a browser has it: what would be sent if nothing was touched."""

from html.parser import HTMLParser
from typing import Any


class Form(HTMLParser):
    """The largest form of a page, by the number of its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self.select = self.area = ""
        self.feed(page)
        self.fields = max(self.forms, key=len, default={})

    def put(self, name: str, value: str) -> None:
        if name and self.forms:
            self.forms[-1].setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and is_sent(given):
            is_box = given.get("type") in {"checkbox", "radio"}
            self.put(name, "on" if is_box and "value" not in given else value)
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.put(self.select, value)
        elif tag == "textarea":
            self.area = name
            self.put(name, "")

    def handle_data(self, data: str) -> None:
        if self.area:
            self.forms[-1][self.area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""


def is_sent(given: dict[str, str | None]) -> bool:
    kind = given.get("type") or "text"
    if kind in {"submit", "button", "image", "reset", "file"}:
        return False
    return kind not in {"checkbox", "radio"} or "checked" in given
