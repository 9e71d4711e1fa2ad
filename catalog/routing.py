from django.urls import path

from catalog.consumers import InventoryConsumer

websocket_urlpatterns = [path("ws/v1/inventory", InventoryConsumer.as_asgi())]
