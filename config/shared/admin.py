"""What the staff pages of every app share, and the pages of the outgoing webhooks."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from config.shared.models import WebhookDelivery, WebhookEndpoint


class ReadOnly:
    """Rows that services alone write: staff look at them, and act through the actions of the page."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    pass


class SavesChanges:
    """Writes the columns that were edited: counters of the row may have moved since the form was read."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.save(update_fields=form.changed_data if change else None)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    list_display = ["owner", "url", "events", "disabled_reason", "failures", "created_at"]
    list_filter = ["disabled_reason"]
    search_fields = ["owner", "url"]
    exclude = ["secret", "previous_secret"]


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["message_id", "endpoint", "type", "status", "attempts", "next_attempt_at", "created_at"]
    list_filter = ["status", "type"]
    list_select_related = ["endpoint"]
