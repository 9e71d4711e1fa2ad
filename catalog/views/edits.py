from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.shared.api.conditional import etag_of


class PatchMixin:
    """PATCH through `perform_update`; the response has the new `ETag` of `versioned(instance)`."""

    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        self.perform_update(serializer)
        return Response(serializer.data, headers=self.tag_of(serializer.instance))

    def tag_of(self, instance: Any) -> dict[str, str]:
        return {"ETag": etag_of(instance)} if hasattr(instance, "version") else {}
