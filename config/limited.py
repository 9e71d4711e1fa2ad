"""HTTP by ASGI (`WS_PORT`, `up --single`): refuses a body over the limit before all of it is stored.

Django's handler writes any body to disk before it looks at the request. On `PORT`, the gate (`config.gate`) does this.
"""

from typing import Any

from django.conf import settings

from config.shared import errors
from config.shared.requests import request_id_from

REFUSED = "A body has at most {} bytes."


class Limited:
    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        arrived = 0

        async def within_limit() -> Any:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > settings.REQUEST_BODY_LIMIT:
                raise errors.TooLarge(REFUSED.format(settings.REQUEST_BODY_LIMIT))
            return message

        try:
            await self.application(scope, within_limit, send)
        except errors.TooLarge as refusal:
            await refuse(refusal, scope, send)


async def refuse(refusal: errors.Problem, scope: Any, send: Any) -> None:
    asked = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    request_id = request_id_from(asked)
    headers = {"content-type": errors.MEDIA_TYPE, "x-request-id": request_id, "connection": "close"}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refusal.status_code, "headers": encoded})
    await send({"type": "http.response.body", "body": errors.document(refusal, request_id)})
