"""A payment method's details: built from a test method's name, a raw test number, or a token."""

import hashlib
import time

from .. import objects
from ..call import Call
from ..cards import BY_NUMBER, METHODS, Behaviour, name_of_token
from ..errors import CardError, invalid, missing_resource
from ..params import fields, integer, merged_metadata, metadata, one_of, text
from ..store import Object

ADDRESS = fields(city=text, country=text, line1=text, line2=text, postal_code=text, state=text)
BILLING = fields(address=ADDRESS, email=text, name=text, phone=text, tax_id=text)
REDISPLAY = one_of("always", "limited", "unspecified")
KIND = one_of("card", "us_bank_account", "sepa_debit")

DATA = {
    "allow_redisplay": REDISPLAY,
    "billing_details": BILLING,
    "card": fields(cvc=text, exp_month=integer, exp_year=integer, number=text, token=text),
    "metadata": metadata,
    "sepa_debit": fields(iban=text),
    "type": KIND,
    "us_bank_account": fields(
        account_holder_type=text, account_number=text, account_type=text, routing_number=text
    ),
}

NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def build(call: Call, name: str, data: Object) -> Object:
    behaviour = METHODS[name]
    billing = {"address": NO_ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}
    return objects.new(
        call,
        "payment_method",
        allow_redisplay=data.get("allow_redisplay") or "unspecified",
        billing_details=billing | (data.get("billing_details") or {}),
        customer=None,
        customer_account=None,
        livemode=False,
        metadata=merged_metadata({}, data.get("metadata")),
        type=behaviour.kind,
        _test_method=name,
        _set_up=False,
        **{behaviour.kind: _details(behaviour, data.get(behaviour.kind) or {})},
    )


def _details(behaviour: Behaviour, given: Object) -> Object:
    digest = hashlib.sha256(behaviour.number.encode()).hexdigest()
    shown = {"fingerprint": digest[:16], "last4": behaviour.number[-4:]}
    return _DETAILS[behaviour.kind](behaviour, given) | shown


def _card(behaviour: Behaviour, given: Object) -> Object:
    return {
        "brand": behaviour.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": behaviour.brand,
        "exp_month": given.get("exp_month") or 12,
        "exp_year": given.get("exp_year") or 2034,
        "funding": behaviour.funding,
        "generated_from": None,
        "networks": {"available": [behaviour.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _us_bank_account(_: Behaviour, given: Object) -> Object:
    return {
        "account_holder_type": given.get("account_holder_type") or "individual",
        "account_type": given.get("account_type") or "checking",
        "bank_name": "STRIPE TEST BANK",
        "routing_number": given.get("routing_number") or "110000000",
    }


def _sepa_debit(behaviour: Behaviour, _: Object) -> Object:
    return {"bank_code": behaviour.number[4:12], "country": behaviour.number[:2]}


_DETAILS = {"card": _card, "sepa_debit": _sepa_debit, "us_bank_account": _us_bank_account}


def _find_card(given: Object) -> str:
    if token := given.get("token"):
        name = name_of_token(token)
        if name is None:
            raise missing_resource("token", token, "card[token]")
        return name
    number = (given.get("number") or "").replace(" ", "")
    if not number:
        raise invalid("Missing required param: card.", code="parameter_missing", param="card")
    _check_card(number, given)
    return BY_NUMBER[number]


def _check_card(number: str, given: Object) -> None:
    this_year = time.gmtime().tm_year
    if number not in BY_NUMBER:
        raise _refused_card("incorrect_number", "Your card number is incorrect.", "number")
    if not 1 <= given.get("exp_month", 0) <= 12:
        raise _refused_card("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    if not this_year <= given.get("exp_year", 0) <= this_year + 50:
        raise _refused_card("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    if len(given.get("cvc") or "000") not in (3, 4):
        raise _refused_card("invalid_cvc", "Your card's security code is invalid.", "cvc")


def _refused_card(code: str, message: str, param: str) -> CardError:
    return CardError({"type": "card_error", "code": code, "message": message, "param": param})


def _find_bank_account(given: Object) -> str:
    return _find_account("us_bank_account[account_number]", given.get("account_number"))


def _find_iban(given: Object) -> str:
    return _find_account("sepa_debit[iban]", given.get("iban"))


def _find_account(param: str, number: str | None) -> str:
    name = BY_NUMBER.get((number or "").replace(" ", ""))
    if name is None:
        raise invalid(f"Invalid {param}: use one of Stripe's test numbers.", param=param)
    return name


FINDERS = {"card": _find_card, "us_bank_account": _find_bank_account, "sepa_debit": _find_iban}
