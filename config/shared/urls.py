from django.urls import path

from config.shared.events.views import EventList

urlpatterns = [path("events", EventList.as_view(), name="events")]
