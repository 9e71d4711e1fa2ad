"""Reads by a slug that a product had before."""

from typing import Any

from rest_framework.response import Response

from catalog.services.slugs import present_slug
from config.shared.errors import NotFound


class FollowsSlugs:
    """A read of a product, or of what is its, that names a slug it had before is 301 to the same path with the present one.

    A write is 404: clients repeat a redirected POST as a GET.
    """

    product_key = "product_id"  # of the path

    def handle_exception(self: Any, problem: Exception) -> Any:
        is_read = self.request.method in {"GET", "HEAD"}
        location = self.moved_to() if is_read and isinstance(problem, NotFound) else None
        if location is None:
            return super().handle_exception(problem)  # type: ignore[misc]
        return Response(status=301, headers={"Location": location, "Cache-Control": "no-cache"})

    def moved_to(self: Any) -> str | None:
        past = self.kwargs[self.product_key]
        present = None if "\x00" in past else present_slug(actor=self.request.actor, past=past)
        if present is None:
            return None
        query = self.request.META.get("QUERY_STRING", "")
        path = self.request.path.replace(f"/products/{past}", f"/products/{present}", 1)
        return f"{path}?{query}" if query else path
