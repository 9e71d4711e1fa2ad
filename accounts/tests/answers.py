"""How tests read an answer."""

from rest_framework.test import APIClient

ROOT = "/api/v1"


def code_of(response):
    return response.status_code, response.json()["code"]


def errors_of(response):
    """The (pointer, code) pairs of a 400."""
    assert code_of(response) == (400, "invalid")
    return {(error["pointer"], error["code"]) for error in response.json()["errors"]}


def bearer(token):
    return APIClient(headers={"Authorization": f"Bearer {token}"})


def challenge(response, code):
    """A refused token is a problem with a challenge."""
    assert code_of(response) == (401, code)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Type"] == "application/problem+json"
    return True
