"""The edges of HTTP: unknown addresses, request ids, foreign origins, forged hosts."""

from typing import Any

import pytest

from config.tests.access.acting import is_problem


@pytest.mark.parametrize(
    "path",
    ["/nope", "/api", "/api/", "/api/v1/", "/api/v1/nope", "/api/v2/products", "/api/v1/products/", "/api/v1/me/nope",
     "/api/v1//products", "/.env", "/.git/config", "/wp-login.php", "/%00", "/%ff", "/media/../../etc/passwd", "/" + "a" * 5000],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "PROPFIND"])
def test_an_unknown_path_is_a_problem(api: Any, path: str, method: str) -> None:
    response = api.generic(method, path)

    assert response.status_code == (400 if ".." in path else 404)
    assert is_problem(response)


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/products", 200), ("/api/v1/me", 401), ("/nope", 404), ("/", 200)]
)
@pytest.mark.parametrize(
    ("given", "is_kept"),
    [("abc-123", True), ("1", True), ("a" * 128, True), ("a" * 129, False), ("a b", False), ("<script>", False),
     ("é", False), ("a\tb", False), ('"', False), ("", False), ("a,b", False)],
)  # fmt: skip
def test_a_sane_request_id_is_kept_another_replaced(  # noqa: PLR0917
    db: None, api: Any, path: str, status: int, given: str, is_kept: bool
) -> None:
    response = api.get(path, headers={"X-Request-Id": given})

    assert (response.status_code, response.headers["X-Request-Id"] == given) == (status, is_kept)
    assert response.headers["X-Request-Id"]
    if status >= 400:
        assert is_problem(response)


FOREIGN = (
    "https://evil.example", "http://localhost.evil.example", "http://evil.example/localhost", "null", "http://127.0.0.1.nip.io",
    "http://localhost@evil.example", "file://", "http://localhost:99999x", "http://xlocalhost:3000",
)  # fmt: skip


@pytest.mark.parametrize("path", ["/api/v1/products", "/api/v1/me", "/api/v1/nope"])
def test_cors_answers_an_allowed_origin_and_no_other(db: None, api: Any, path: str) -> None:
    for origin in ("http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:8080"):
        headers = api.get(path, headers={"Origin": origin}).headers
        assert headers["Access-Control-Allow-Origin"] == origin
        assert "X-Request-Id" in headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in headers
        assert "origin" in headers["Vary"].lower()
    for origin in FOREIGN:
        assert "Access-Control-Allow-Origin" not in api.get(path, headers={"Origin": origin}).headers, origin


def test_a_preflight_of_a_foreign_origin_allows_nothing(db: None, api: Any) -> None:
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,cart-token",
    }
    allowed = api.options("/api/v1/cart/items", headers={"Origin": "http://localhost:3000", **asked}).headers
    assert "cart-token" in allowed["Access-Control-Allow-Headers"]
    foreign = api.options("/api/v1/cart/items", headers={"Origin": "https://evil.example", **asked}).headers
    assert not any(name.startswith("Access-Control-Allow") for name in foreign)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:80@evil.example", "a b", "", "[::1", "é"]
)
@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/products", "/api/v1/me", "/nope", "/admin/login/"])
def test_a_forged_host_is_a_400_problem(db: None, api: Any, host: str, path: str) -> None:
    response = api.get(path, HTTP_HOST=host)

    assert (response.status_code, is_problem(response)) == (400, True)


def test_a_forwarded_host_is_not_believed(db: None, api: Any) -> None:
    answer = api.get("/api/v1", HTTP_X_FORWARDED_HOST="evil.example", HTTP_FORWARDED="host=evil.example")

    assert answer.status_code == 200
    assert b"evil.example" not in answer.content
