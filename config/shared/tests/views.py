"""Small views over the shared models, to try the conventions without a domain."""

from typing import Any

from django.http import HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from config.shared.api import fields
from config.shared.api.filters import BooleanFilter, FilterSet, IntegerFilter, TimeFilter
from config.shared.api.pagination import KeysetPagination
from config.shared.api.serializers import ModelSerializer, Serializer
from config.shared.api.views import ApiView, ViewSet
from config.shared.models import EventHead, EventRecord


class RecordFilter(FilterSet):
    version = IntegerFilter()
    placed = BooleanFilter(field_name="position", lookup_expr="isnull", exclude=True)
    created_after = TimeFilter(field_name="at", lookup_expr="gt")


class RecordSerializer(ModelSerializer):
    class Meta:
        model = EventRecord
        fields = ["id", "type", "version", "at"]


class Records(ViewSet):
    """Lists the event log, which stands for any model."""

    queryset = EventRecord.objects.all()
    serializer_class = RecordSerializer
    filterset_class = RecordFilter
    pagination_class = KeysetPagination
    authentication_classes = []
    permission_classes = [AllowAny]
    sorts = {"created_at": "at", "version": "version"}
    detail = False

    def get_queryset(self) -> Any:
        return self.queryset.all()


class CountSerializer(Serializer):
    step = fields.IntegerField(min_value=1, max_value=100)


class Count(ApiView):
    """A POST with an effect: moves a counter on; fails after the effect for a step of 13."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        body = CountSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        head = EventHead.objects.select_for_update().get_or_create(pk=1)[0]
        head.position += body.validated_data["step"]
        head.save()
        if body.validated_data["step"] == 13:
            raise RuntimeError("broken on purpose")
        return Response({"position": head.position}, status=201)

    def with_secrets(self, body: Any) -> Any:
        return {**body, "secret": "derived"}


def ask(
    view: Any, method: str = "get", path: str = "/things", data: Any = None, **headers: str
) -> HttpResponse:
    """One request to a view, with headers such as `cart_token="…"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = getattr(APIRequestFactory(), method)(path, data, headers=named)
    request.id = "test-request"
    return view(request).render()


def send_raw(view: Any, raw: bytes, content_type: str) -> HttpResponse:
    request = APIRequestFactory().generic("POST", "/count", raw, content_type=content_type)
    request.id = "test-request"
    return view(request).render()
