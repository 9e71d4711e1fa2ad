"""Websockets and Server-Sent Events on `WS_PORT`; HTTP, too, where a platform gives only one port (`up --single`)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import embedded

embedded.ensure()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import re_path  # noqa: E402

http = get_asgi_application()

from catalog.routing import websocket_urlpatterns as inventory  # noqa: E402
from config.shared.realtime.consumer import UnknownPathConsumer  # noqa: E402
from config.shared.realtime.lifespan import lifespan  # noqa: E402
from config.shared.realtime.sse import EventStream  # noqa: E402
from orders.routing import websocket_urlpatterns as orders  # noqa: E402
from social.routing import websocket_urlpatterns as notifications  # noqa: E402

websockets = [*orders, *inventory, *notifications, re_path(r"", UnknownPathConsumer.as_asgi())]
application = ProtocolTypeRouter(
    {"http": EventStream(http), "websocket": URLRouter(websockets), "lifespan": lifespan}
)
