"""Whatever is sent: an error in Stripe's shape, never a 5xx."""

import random
from urllib.parse import quote

import pytest
import requests

from payments.standin.resources import ROUTES

VALUES = [
    "",
    "x",
    "-1",
    "0",
    "12.5",
    "9" * 18,
    "9" * 40,
    "usd",
    "true",
    "\x00",
    "\u20ac",
    "NaN",
    "a" * 6000,
    "card",
]
SHAPES = ["", "", "", "[a]", "[0]", "[]", "[0][a]", "[enabled]", "[requested]", "[gte]"]


@pytest.fixture
def known(api, pay):
    """Ids of every kind, for parameters and paths."""
    customer = api.customers.create({}).id
    paid, held = pay("pm_card_createDispute"), pay(capture_method="manual")
    account = api.accounts.create({"type": "express"}).id
    dispute = api.disputes.list().data[0].id
    setup = api.setup_intents.create({}).id
    return [customer, paid.id, paid.latest_charge, held.id, account, dispute, setup, "pm_card_visa", "none"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_no_parameter_breaks_it(standin, known, route):
    dice = random.Random(route.path)
    for _ in range(12):
        path = route.path
        while "{}" in path:
            path = path.replace("{}", dice.choice(known), 1)
        names = [name for name in (*route.accepts, "expand") if name in route.requires or dice.random() < 0.3]
        pairs = [f"{name}{dice.choice(SHAPES)}={quote(dice.choice(VALUES + known))}" for name in names]
        answer = send(standin, route.method, path, "&".join(pairs))
        assert answer.status_code < 500, (path, pairs)
        assert answer.status_code == 200 or "error" in answer.json()


def send(standin, method, path, form):
    headers = {"Authorization": "Bearer sk_test_souk", "Content-Type": "application/x-www-form-urlencoded"}
    where = {"data": form} if method == "POST" else {"params": form}
    return requests.request(method, standin.url + path, headers=headers, timeout=10, **where)


@pytest.mark.parametrize(
    "body", [b"a[b=1", b"\xff\xfe=\xff", b"&&&===", b"[]=1", b"a" * 200_000, b'{"amount": 1}']
)
def test_no_body_breaks_it(standin, body):
    assert send(standin, "POST", "/v1/payment_intents", body).status_code == 400
