"""Redirects reads by a product's past slugs."""

from typing import Any

from rest_framework.response import Response

from catalog.services.slugs import present_slug
from config.shared.errors import NotFound


class FollowsSlugs:
    """Redirects (301) a read of a product, or of its parts, by a past slug to the same path with the present slug.

    A write is 404, because clients repeat a redirected POST as a GET.
    """

    product_key = "product_id"  # in the path

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
