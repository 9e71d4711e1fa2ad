from typing import Any


def titles(response: Any) -> list[str]:
    """Of the products that a list answered with."""
    assert response.status_code == 200, response.json()
    return [row["title"] for row in response.json()["results"]]
