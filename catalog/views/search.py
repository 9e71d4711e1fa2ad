from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.search.suggest import LONGEST, suggest
from catalog.views.public import PublicReads
from config.shared.api import fields
from config.shared.api.params import refuse
from config.shared.api.serializers import Serializer
from config.shared.api.views import ApiView

WORDS = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": r"\S"}


class SuggestedNameSerializer(Serializer):
    id = fields.IdField()
    slug = serializers.CharField()
    name = serializers.CharField()


class SuggestedProductSerializer(Serializer):
    id = fields.IdField()
    slug = serializers.CharField()
    title = serializers.CharField()


class SuggestionsSerializer(Serializer):
    corrected_query = serializers.CharField(allow_null=True)
    products = SuggestedProductSerializer(many=True)
    categories = SuggestedNameSerializer(many=True)
    brands = SuggestedNameSerializer(many=True)
    phrases = serializers.ListField(child=serializers.CharField(), help_text="What others searched for.")


class SuggestView(PublicReads, ApiView):
    """At most five of each kind; the last word may be unfinished, and misspelt words are corrected."""

    permission_classes = [AllowAny]
    extra_parameters = ("q",)

    @extend_schema(parameters=[OpenApiParameter("q", WORDS, required=True)], responses=SuggestionsSerializer)
    def get(self, request: Request) -> Response:
        text = request.query_params.get("q", "").strip()
        if not 1 <= len(text) <= LONGEST:
            raise refuse("q", f"Must be a text of 1 to {LONGEST} characters.")
        return Response(suggest(text))
