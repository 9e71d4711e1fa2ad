from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from config.shared.admin.acts import act, run
from config.shared.admin.base import ReadOnly, ReadOnlyAdmin, tagged
from config.shared.admin.filters import recent_values
from config.shared.models import EventRecord, LogReader, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from config.shared.webhooks import services

MAY_REDELIVER = "shared.change_webhookdelivery"
MAY_CHANGE = "shared.change_webhookendpoint"


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    list_display = ["owner", "url", "told", "disabled_reason", "failures", "created_at"]
    list_filter = ["disabled_reason"]
    search_fields = ["owner__exact", "url"]
    exclude = ["secret", "previous_secret"]
    actions_detail = ["test", "switch_off", "switch_on"]

    @admin.display(description="events")
    def told(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.events) or "all"

    @act(
        title="Send a test",
        question="Sends an event of no meaning to the address.",
        needs=MAY_CHANGE,
        icon="send",
        when=lambda endpoint: endpoint.is_active,
    )
    def test(self, request: HttpRequest, endpoint: WebhookEndpoint, asked: dict) -> str:
        return f"{services.send_test(endpoint=endpoint).message_id} is on its way."

    @act(
        title="Switch off",
        question="It is told nothing more until it is switched on.",
        needs=MAY_CHANGE,
        icon="toggle_off",
        when=lambda endpoint: endpoint.is_active,
    )
    def switch_off(self, request: HttpRequest, endpoint: WebhookEndpoint, asked: dict) -> None:
        services.change_webhook(endpoint=endpoint, changes={"is_active": False})

    @act(
        title="Switch on",
        question="What waited meanwhile, and is not too old, is sent now.",
        needs=MAY_CHANGE,
        icon="toggle_on",
        when=lambda endpoint: not endpoint.is_active,
    )
    def switch_on(self, request: HttpRequest, endpoint: WebhookEndpoint, asked: dict) -> None:
        services.change_webhook(endpoint=endpoint, changes={"is_active": True})


class AttemptInline(ReadOnly, TabularInline):
    model = WebhookAttempt
    fields = ["at", "status", "seconds", "error", "answer"]
    readonly_fields = ["at"]
    per_page = 20


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["message_id", "endpoint", "type", "state", "attempts", "next_attempt_at", "created_at"]
    state = tagged("status")
    list_filter = ["status", recent_values("type")]
    list_select_related = ["endpoint"]
    search_fields = ["type__exact", "position__exact"]
    date_hierarchy = "created_at"
    inlines = [AttemptInline]
    actions = ["redeliver_all"]
    actions_detail = ["redeliver"]

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_REDELIVER)

    @act(
        title="Deliver again",
        question="Sends the same body with the same webhook-id, and keeps trying as for a new one.",
        needs=MAY_REDELIVER,
        icon="replay",
    )
    def redeliver(self, request: HttpRequest, delivery: WebhookDelivery, asked: dict) -> None:
        services.redeliver(delivery=delivery)

    @admin.action(description="Deliver the selected again", permissions=["redeliver"])
    def redeliver_all(self, request: HttpRequest, rows: QuerySet) -> None:
        run(request, rows, lambda delivery: services.redeliver(delivery=delivery))


@admin.register(EventRecord)
class EventRecordAdmin(ReadOnlyAdmin):
    """What happened, in the order that every reader sees."""

    list_display = ["position", "type", "stream", "told", "says", "at"]
    list_display_links = ["position", "type"]
    list_filter = [recent_values("stream"), recent_values("type")]
    search_fields = ["type__exact", "position__exact"]
    search_help_text = "A whole type (order.status_changed) or a position."
    date_hierarchy = "at"
    fields = ["position", "type", "version", "stream", "audiences", "data", "at", "request_id"]
    readonly_fields = ["position", "at", "request_id"]

    @admin.display(description="audiences")
    def told(self, event: EventRecord) -> str:
        return ", ".join(event.audiences[:3]) + (" …" if len(event.audiences) > 3 else "")

    @admin.display(description="says")
    def says(self, event: EventRecord) -> str:
        """A summary in words; the row's page shows everything."""
        plain = {name: value for name, value in event.data.items() if not isinstance(value, dict | list)}
        return ", ".join(
            f"{name.replace('_', ' ')} {value}" for name, value in plain.items() if value is not None
        )


@admin.register(LogReader)
class LogReaderAdmin(ReadOnlyAdmin):
    list_display = ["name", "position"]
