"""Every websocket address: each app's own, and the catch-all."""

from django.urls import re_path

from catalog.routing import websocket_urlpatterns as inventory
from config.shared.realtime.consumer import UnknownPathConsumer
from orders.routing import websocket_urlpatterns as orders
from social.routing import websocket_urlpatterns as notifications

urlpatterns = [*orders, *inventory, *notifications]
everything = [*urlpatterns, re_path(r"", UnknownPathConsumer.as_asgi())]
