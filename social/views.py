from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Seller
from catalog.models import Brand, Product
from catalog.serializers.products import ProductRowSerializer
from config.shared.api.serializers import NothingSerializer
from config.shared.api.views import ViewSet
from config.shared.lookups import find
from config.shared.permissions import IsSignedIn, ReadOnly
from social import serializers, services
from social.filters import NotificationFilter, ReviewFilter
from social.models import Follow, Notification, Review
from social.permissions import IsAuthor, IsItsSeller


class Follows(mixins.DestroyModelMixin, ViewSet):
    queryset = Follow.objects.select_related("seller", "brand")
    serializer_class = serializers.FollowSerializer

    @extend_schema(
        request=serializers.NewFollowSerializer,
        responses={200: serializers.FollowSerializer, 201: serializers.FollowSerializer},
    )
    def create(self, request: Request) -> Response:
        """Follow a shop or a brand; again is 200."""
        body = self.body(serializers.NewFollowSerializer)
        followed = {"seller": Seller.objects.public(), "brand": Brand.objects.all()}
        found = {name: find(followed[name], value) for name, value in body.items()}
        follow, is_new = services.follow(user=request.user, **found)
        return Response(self.get_serializer(follow).data, status=201 if is_new else 200)

    def perform_destroy(self, instance: Follow) -> None:
        services.unfollow(follow=instance)


class Feed(ViewSet):
    """New products of the shops and brands that one follows, newest first."""

    queryset = Product.objects.public().for_rows()
    serializer_class = ProductRowSerializer

    def get_queryset(self) -> QuerySet:
        follows = Follow.objects.visible_to(self.request.actor)
        sellers, brands = follows.filter(brand=None), follows.filter(seller=None)
        return self.queryset.filter(
            Q(seller__in=sellers.values("seller")) | Q(brand__in=brands.values("brand"))
        )


class Notifications(ViewSet):
    queryset = Notification.objects.all()
    serializer_class = serializers.NotificationSerializer
    filterset_class = NotificationFilter

    @extend_schema(request=NothingSerializer, responses=serializers.NotificationSerializer)
    def read(self, request: Request, id: str) -> Response:
        """Mark one as read."""
        self.body(NothingSerializer)
        return Response(self.get_serializer(services.read_notification(notification=self.get_object())).data)

    @extend_schema(request=NothingSerializer, responses=serializers.ReadAllSerializer)
    def read_all(self, request: Request) -> Response:
        """Mark all as read."""
        self.body(NothingSerializer)
        return Response({"read": services.read_all(user=request.user)})


class ProductReviews(ViewSet):
    queryset = Review.objects.select_related("user")
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
    queryset = Review.objects.select_related("user", "product")
    serializer_class = serializers.ReviewSerializer
    permission_classes = [IsSignedIn & IsAuthor]

    def perform_update(self, serializer: Any) -> None:
        changes = serializer.validated_data
        serializer.instance = services.change_review(review_id=serializer.instance.pk, **changes)

    def perform_destroy(self, instance: Review) -> None:
        services.delete_review(review_id=instance.pk)


class Replies(ViewSet):
    queryset = Review.objects.select_related("user", "product")
    serializer_class = serializers.ReviewSerializer
    permission_classes = [IsSignedIn & IsItsSeller]

    @extend_schema(request=serializers.ReplySerializer, responses=serializers.ReviewSerializer)
    def reply(self, request: Request, id: str) -> Response:
        """Reply as the product's seller; a second reply replaces the first."""
        body = self.body(serializers.ReplySerializer)
        review = services.reply_to_review(review_id=self.get_object().pk, **body)
        return Response(self.get_serializer(review).data)
