from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from config.shared.api.views import ViewSet
from config.shared.lookups import find
from config.shared.permissions import IsSignedIn, ReadOnly
from social import services
from social.filters import ReviewFilter
from social.models import Review
from social.permissions import IsAuthor, IsItsSeller
from social.serializers import reviews as serializers


class ProductReviews(ViewSet):
    queryset = Review.objects.select_related("user__social_settings")
    serializer_class = serializers.ReviewSerializer
    permission_classes = [IsSignedIn | ReadOnly]
    filterset_class = ReviewFilter
    sorts = {"created_at": "created_at", "rating": "rating"}

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(product=self.product())

    def product(self) -> Product:
        products = Product.objects.public().select_related("seller")
        return find(products, self.kwargs["product_id"])

    @extend_schema(request=serializers.ReviewSerializer, responses={201: serializers.ReviewSerializer})
    def create(self, request: Request, product_id: str) -> Response:
        """Review a product that one has received; once."""
        product = self.product()
        body = self.body(serializers.ReviewSerializer)
        review = services.write_review(user=request.user, product=product, **body)
        return Response(self.get_serializer(review).data, status=201)


class Reviews(mixins.UpdateModelMixin, mixins.DestroyModelMixin, ViewSet):
    queryset = Review.objects.select_related("user__social_settings", "product")
    serializer_class = serializers.ReviewSerializer
    permission_classes = [IsSignedIn & IsAuthor]

    def perform_update(self, serializer: Any) -> None:
        changes = serializer.validated_data
        serializer.instance = services.change_review(review_id=serializer.instance.pk, **changes)

    def perform_destroy(self, instance: Review) -> None:
        services.delete_review(review_id=instance.pk)


class Replies(ViewSet):
    queryset = Review.objects.select_related("user__social_settings", "product")
    serializer_class = serializers.ReviewSerializer
    permission_classes = [IsSignedIn & IsItsSeller]

    @extend_schema(request=serializers.ReplySerializer, responses=serializers.ReviewSerializer)
    def reply(self, request: Request, id: str) -> Response:
        """Reply as the product's seller; a second reply replaces the first."""
        body = self.body(serializers.ReplySerializer)
        review = services.reply_to_review(review_id=self.get_object().pk, **body)
        return Response(self.get_serializer(review).data)
