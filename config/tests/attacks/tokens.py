"""JSON Web Tokens that must not be believed, made out of a good one."""

import base64
import hmac
import json
import time
from hashlib import sha256, sha384, sha512
from typing import Any

import jwt
from django.conf import settings

SECRET = settings.JWT_SECRET
PEM = b"""-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu
KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==
-----END PUBLIC KEY-----"""
DIGESTS = {"HS256": sha256, "HS384": sha384, "HS512": sha512}


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed(claims: Any, key: str | bytes = SECRET, alg: str = "HS256", **header: Any) -> str:
    """By hand, for libraries refuse to make the worst of them."""
    secret = key.encode() if isinstance(key, str) else key
    text = f"{part({'typ': 'JWT', 'alg': alg} | header)}.{part(claims)}"
    mac = hmac.digest(secret, text.encode(), DIGESTS.get(alg, sha256))
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def unsigned(claims: Any, alg: str) -> str:
    return f"{part({'typ': 'JWT', 'alg': alg})}.{part(claims)}."


def forgeries(token: str, *, other: Any, admin: Any) -> dict[str, str]:
    """What an attacker can make of a good token without the secret; `other` and `admin` are users to pass for."""
    claims, (header, _, mac) = claims_of(token), token.split(".")
    promoted = claims | {"role": admin.role_number}
    made = {f"alg {alg}": unsigned(promoted, alg) for alg in ("none", "None", "NONE", "nOnE", "", "HS256")}
    made |= {
        "role tampered": f"{header}.{part(promoted)}.{mac}",
        "sub tampered": f"{header}.{part(claims | {'sub': str(admin.pk)})}.{mac}",
        "life prolonged": f"{header}.{part(claims | {'exp': int(time.time()) + 10**8})}.{mac}",
        "no signature": f"{header}.{part(claims)}.",
        "two parts": f"{header}.{part(claims)}",
        "five parts": f"{token}.e30.e30",
        "signature of zeros": f"{header}.{part(claims)}.{'A' * 43}",
        "another's signature": signed(claims | {"sub": str(other.pk)}).rpartition(".")[0] + f".{mac}",
        "the other secret": signed(claims, settings.SECRET_KEY),
        "cursor's key": signed(claims, "cursor"),
        "foreign kid": signed(claims, b"", kid="../../../../dev/null"),
        "kid of SQL": signed(claims, "x", kid="x' UNION SELECT 'x' --"),
        "jku": signed(claims, "x", jku="http://127.0.0.1/keys.json"),
        "embedded jwk": signed(claims, "x", jwk={"kty": "oct", "k": "eA"}),
    }
    guesses = ("", "secret", "souk", "changeme", settings.PUBLIC_URL)
    return made | {f"guessed key {key!r}": signed(promoted, key) for key in guesses} | confusions(promoted)


def confusions(claims: Any) -> dict[str, str]:
    """An asymmetric key where a symmetric one is expected, and the other way round."""
    public = (b"".join((PEM, b"\n")), PEM, b"")
    called = {f"called {alg}": signed(claims, SECRET, alg) for alg in ("RS256", "PS256", "ES256", "EdDSA")}
    return called | {f"a public key as secret {n}": signed(claims, key) for n, key in enumerate(public)}


def misuses(token: str) -> dict[str, str]:
    """Rightly signed, and still not an access token for here and now: each claim is checked."""
    claims, now = claims_of(token), int(time.time())
    return {
        "expired": signed(claims | {"exp": now - 1}),
        "expired long ago": signed(claims | {"exp": 0}),
        "not yet": signed(claims | {"nbf": now + 3600}),
        "other issuer": signed(claims | {"iss": "https://evil.example"}),
        "other audience": signed(claims | {"aud": "another-shop"}),
        "no audience": signed({**claims, "aud": []}),
        "other kind": signed(claims | {"token_type": "refresh"}),
        "algorithm HS384": signed(claims, alg="HS384"),
        "algorithm HS512": signed(claims, alg="HS512"),
        "unknown session": signed(claims | {"sid": "0" * 32}),
        "another user": signed(claims | {"sub": "999999"}),
        "another role": signed(claims | {"role": 1}),
        "claims are a list": signed([claims]),
        "claims are null": signed(None),
    } | {
        f"no {name}": signed({key: value for key, value in claims.items() if key != name})
        for name in ("exp", "sub", "sid", "role", "iss", "aud", "jti", "token_type")
    }


HEADERS = (
    "Bearer", "Bearer ", "Bearer  ", "Bearer null", "Bearer undefined", "Bearer ..", "Bearer a.b.c", "Bearer é.ü.ñ",
    "Bearer e30.e30.e30", "Bearer " + "a" * 8000, "bearer \t", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer %00",
)  # fmt: skip
