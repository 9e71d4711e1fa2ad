from django.urls import path

from orders.consumers import OrderConsumer

websocket_urlpatterns = [path("ws/v1/orders", OrderConsumer.as_asgi())]
