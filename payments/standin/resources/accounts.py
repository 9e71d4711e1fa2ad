"""Connect: sellers' accounts, their onboarding on a hosted page, and the links to it."""

import secrets
from typing import Any

from .. import events, objects
from ..call import PLATFORM, Call
from ..errors import invalid
from ..params import Converter, fields, flag, mapping, metadata, one_of, text
from ..routing import Route, listing
from ..store import Object

LINK_SECONDS = 300
DUE = ["business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]
EURO_COUNTRIES = frozenset(
    (
        "AT",
        "BE",
        "CY",
        "DE",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PT",
        "SI",
        "SK",
    )
)
CAPABILITY = fields(requested=flag)

UPDATE: dict[str, Converter] = {
    "business_profile": mapping,
    "business_type": one_of("company", "government_entity", "individual", "non_profit"),
    "capabilities": fields(card_payments=CAPABILITY, transfers=CAPABILITY),
    "company": mapping,
    "default_currency": text,
    "email": text,
    "external_account": lambda raw, name: raw,
    "individual": mapping,
    "metadata": metadata,
    "settings": mapping,
    "tos_acceptance": mapping,
}
CREATE: dict[str, Converter] = {
    **UPDATE,
    "controller": mapping,
    "country": text,
    "type": one_of("custom", "express", "standard"),
}


def create(call: Call) -> Object:
    country = call.params.get("country") or "US"
    account = objects.new(call, "account", **_blank(country))
    account["type"] = call.params.get("type") or ("none" if "controller" in call.params else "standard")
    objects.create(call, _amended(call, account))
    return account


def retrieve(call: Call) -> Object:
    return objects.get_account(call, call.id)


def retrieve_current(call: Call) -> Object:
    """`GET /v1/account`: the connected account that the call acts for."""
    if call.account == PLATFORM:
        return {
            **_blank("US"),
            "id": "acct_platform",
            "object": "account",
            "type": "standard",
            "created": call.now,
        }
    return objects.get_account(call, call.account)


def update(call: Call) -> Object:
    return _save(call, _amended(call, objects.get_account(call, call.id)))


def delete(call: Call) -> Object:
    return objects.remove(call, objects.get_account(call, call.id))


def create_link(call: Call) -> Object:
    """A link to the onboarding page, valid for one visit within five minutes; a used link leads to `refresh_url`."""
    account = objects.get_account(call, call.params["account"])
    for name in ("refresh_url", "return_url"):
        if not call.params.get(name):
            raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    token = secrets.token_hex(12)
    expires_at = call.now + LINK_SECONDS
    account["_link"] = {"token": token, "expires_at": expires_at, **call.given("refresh_url", "return_url")}
    objects.save(call, account)
    url = f"{call.base_url}/onboarding/{account['id']}?token={token}"
    return {"object": "account_link", "created": call.now, "expires_at": expires_at, "url": url}


def create_login_link(call: Call) -> Object:
    account = objects.get_account(call, call.id)
    if account["type"] != "express" or not account["details_submitted"]:
        raise invalid("Cannot create a login link for an account that has not completed onboarding.")
    return {"object": "login_link", "created": call.now, "url": f"{call.base_url}/express/{account['id']}"}


def take_link(call: Call, account: Object, token: str) -> bool:
    """Uses up the link of this token; False if it is no longer valid."""
    link = account.get("_link") or {}
    if link.get("token") != token or link["expires_at"] < call.now:
        return False
    account["_link"] = link | {"token": None}
    objects.save(call, account)
    return True


def complete_onboarding(call: Call, account: Object) -> Object:
    """What the account's owner does on the page: everything required is submitted and accepted."""
    account |= {"details_submitted": True, "charges_enabled": True, "payouts_enabled": True}
    account["capabilities"] = dict.fromkeys(
        account["capabilities"] or ("card_payments", "transfers"), "active"
    )
    account["requirements"] = _requirements([])
    return _save(call, account)


def _save(call: Call, account: Object) -> Object:
    """`account.updated` is an event of the connected account, not of the platform."""
    before = objects.get_account(call, account["id"])
    call.store.save(account)
    events.record(call, "account.updated", account, before=before, account=account["id"])
    return account


def _amended(call: Call, account: Object) -> Object:
    account |= call.given("business_type", "default_currency", "email")
    account["business_profile"] |= call.params.get("business_profile") or {}
    account["metadata"] = call.metadata(account["metadata"])
    granted = "active" if account["details_submitted"] else "inactive"
    for name, wish in (call.params.get("capabilities") or {}).items():
        if wish and wish.get("requested"):
            account["capabilities"].setdefault(name, granted)
    return account


def _blank(country: str) -> dict[str, Any]:
    return {
        "business_profile": dict.fromkeys(("mcc", "name", "product_description", "support_email", "url")),
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "controller": {"type": "application", "is_controller": True},
        "country": country,
        "default_currency": "eur" if country in EURO_COUNTRIES else "usd",
        "details_submitted": False,
        "email": None,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": "/v1/accounts/external_accounts",
        },
        "future_requirements": _requirements([]),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": _requirements(DUE),
        "settings": {"dashboard": {"display_name": None, "timezone": "Etc/UTC"}},
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
    }


def _requirements(due: list[str]) -> Object:
    empty: Object = {name: [] for name in ("alternatives", "errors", "past_due", "pending_verification")}
    reason = "requirements.past_due" if due else None
    return {
        **empty,
        "current_deadline": None,
        "currently_due": due,
        "disabled_reason": reason,
        "eventually_due": due,
    }


ROUTES = [
    Route("POST", "/v1/accounts", create, CREATE),
    Route("GET", "/v1/account", retrieve_current),
    Route("GET", "/v1/accounts/{}", retrieve),
    Route("POST", "/v1/accounts/{}", update, UPDATE),
    Route("DELETE", "/v1/accounts/{}", delete),
    listing("/v1/accounts", "account"),
    Route(
        "POST",
        "/v1/account_links",
        create_link,
        {
            "account": text,
            "collect": text,
            "collection_options": mapping,
            "refresh_url": text,
            "return_url": text,
            "type": one_of("account_onboarding", "account_update"),
        },
        ("account", "type"),
    ),
    Route("POST", "/v1/accounts/{}/login_links", create_login_link),
]
