"""The OpenAPI document and two pages to read it, without requests to other hosts."""

from threading import Lock
from typing import Any

from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

ALONE = Lock()  # the library loads its extensions at the first call, and concurrent calls break it


class OnceGenerator(SchemaGenerator):
    """Generates the document once per process: it takes seconds, and the result is the same for all callers."""

    document: Any = None

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        with ALONE:
            if OnceGenerator.document is None:
                OnceGenerator.document = super().get_schema(request=None, public=True)
        return OnceGenerator.document


OPEN = {"throttle_classes": [], "authentication_classes": []}

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(generator_class=OnceGenerator, **OPEN), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(**OPEN), name="docs"),
    path("redoc", SpectacularRedocView.as_view(**OPEN), name="redoc"),
]
