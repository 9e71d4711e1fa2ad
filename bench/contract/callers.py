"""Who asks: accounts of one role. Fuzzing logs callers out, locks and erases them; then there is another one."""

import os
from uuid import uuid4

import requests

BASE = os.environ.get("SOUK", "http://localhost:8000")
ROLE = os.environ.get("CONTRACT_ROLE", "anonymous")
PASSWORD = "souk-demo-pass"
OWNER = "admin@souk.test"  # makes the others and is not fuzzed itself
KNOWN = {"customer": "customer@souk.test", "seller": "seller@souk.test"}
ROLE_IDS = {"admin": 1, "customer": 2, "seller": 3}


class Callers:
    def __init__(self, role: str) -> None:
        self.role, self.email = role, KNOWN.get(role, "")

    def token(self) -> str:
        """A new one, of the same account as long as that is there."""
        if not (self.email and (token := log_in(self.email))):
            self.email = self.make()
            token = log_in(self.email)
        return token

    def make(self) -> str:
        email = f"{self.role}-{uuid4().hex[:12]}@example.com"
        person = {"email": email, "password": PASSWORD, "name": "Ada Lovelace"}
        user = send("POST", "/auth/register", person)["user"]
        if self.role == "seller":
            shop = send("POST", "/sellers/apply", {"name": f"Shop {uuid4().hex[:8]}"}, log_in(email))
            send("POST", f"/admin/sellers/{shop['id']}/approve", {}, log_in(OWNER))
        elif self.role == "admin":
            send("PATCH", f"/admin/users/{user['id']}", {"role": ROLE_IDS["admin"]}, log_in(OWNER))
        return email


def log_in(email: str) -> str:
    """Empty when the account is not there any more."""
    answer = requests.post(
        f"{BASE}/api/v1/auth/token", json={"email": email, "password": PASSWORD}, timeout=30
    )
    return answer.json()["access"] if answer.ok else ""


def send(method: str, path: str, body: dict, token: str = "") -> dict:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.request(method, f"{BASE}/api/v1{path}", json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    return answer.json()
