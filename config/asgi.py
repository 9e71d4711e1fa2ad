"""Websockets and Server-Sent Events on `WS_PORT`; HTTP, too, where a platform gives only one port (`up --single`)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import embedded

embedded.ensure()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

http = get_asgi_application()

from config.shared.realtime.lifespan import lifespan  # noqa: E402
from config.shared.realtime.sse import EventStream  # noqa: E402
from config.sockets import everything  # noqa: E402

application = ProtocolTypeRouter(
    {"http": EventStream(http), "websocket": URLRouter(everything), "lifespan": lifespan}
)
