from django.urls import include, path

from config.shared.events.views import EventList

urlpatterns = [
    path("events", EventList.as_view(), name="events"),
    path("", include("config.shared.webhooks.urls")),
]
