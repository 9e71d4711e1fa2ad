"""A request that the schema allows may be refused by a rule that needs data. What a schema can say, it must have said."""

import re
from typing import Any

import schemathesis

# Codes of what JSON Schema has words for: whoever keeps to the schema must never meet them …
SAYABLE = {
    "null", "empty", "required", "blank", "wrong_type", "max_length", "min_length", "max_value", "min_value",
    "unknown_field", "unknown_parameter", "invalid_choice",
}  # fmt: skip
# … but here: (code, pointer, why the schema cannot).
BUT = [
    ("wrong_type", r".*", "1.0 is an integer to JSON Schema and a float to whoever wrote it: not a count"),
    ("required|blank", r"(.*/)?postal_code", "as the country has it"),
    ("required", r"/(variants/\d+/)?(sku|price)", "where no variants are given"),
    ("required", r"/return_url", "of Stripe's own page, not of a payment in the shop's"),
    ("empty", r"/(file|image|photo)", "a file of no bytes: `minLength` is for texts"),
    ("required", r"/email", "of a guest's order"),
    ("required", r"/body", "of a message without a picture"),
    ("required", r"/quantity", "or `saved`: one of them"),
    ("unknown_field", r"/kinds/.*", "the kinds are names of the map"),
    ("required", r"/low_stock_threshold", "or `backorder_limit`: one of them"),
    ("required", r"/seller", "staff say whose products they are"),
    ("required", r"/commission_rate", "the body of a PATCH is generated without required members"),
    ("null", r"/(seller|status|stock)", "may be left out, and the generated schema lets it be null, too"),
]


@schemathesis.check
def refused_for_a_reason(ctx: Any, response: Any, case: Any) -> None:
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 400:
        return
    errors = response.json().get("errors", [])
    unsaid = [error for error in errors if error["code"] in SAYABLE and not is_known(error)]
    assert not unsaid, f"The schema allows what is refused: {unsaid}"


def is_known(error: dict[str, str]) -> bool:
    return any(
        re.fullmatch(code, error["code"]) and re.fullmatch(where, error["pointer"]) for code, where, _ in BUT
    )
