"""Websockets and Server-Sent Events on `WS_PORT`; also HTTP, where a platform has only one port (`up --single`)."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import embedded

embedded.ensure()

from asgiref.wsgi import WsgiToAsgi  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

django = get_asgi_application()

from catalog.cache import question_of  # noqa: E402
from config.direct import Direct  # noqa: E402
from config.edge import Edge  # noqa: E402
from config.limited import Limited  # noqa: E402
from config.shared.realtime.lifespan import lifespan  # noqa: E402
from config.shared.realtime.sse import EventStream  # noqa: E402
from config.sockets import everything  # noqa: E402

reads = WsgiToAsgi(Edge(Direct(get_wsgi_application())))


async def http(scope: Any, receive: Any, send: Any) -> None:
    """HTTP requests; public reads of the catalogue are cached as they are on `PORT`."""
    is_read = scope["method"] in {"GET", "HEAD"} and question_of(
        scope["path"], scope["query_string"].decode("latin-1")
    )
    await (reads if is_read else django)(scope, receive, send)


application = ProtocolTypeRouter(
    {"http": EventStream(Limited(http)), "websocket": URLRouter(everything), "lifespan": lifespan}
)
