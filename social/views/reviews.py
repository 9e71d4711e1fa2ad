from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from catalog.views.moving import FollowsSlugs
from config.shared.api.parsers import JSONParser
from config.shared.api.serializers import NothingSerializer
from config.shared.api.uploads import UploadParser
from config.shared.api.views import ViewSet
from config.shared.lookups import find
from config.shared.permissions import Administers, IsSignedIn, ReadOnly
from social import services
from social.filters import ReviewFilter, StaffReviewFilter
from social.models import Review, ReviewPhoto
from social.permissions import IsAuthor, IsItsSeller
from social.serializers import reviews as serializers
from social.views.base import LimitedWrites

ROWS = Review.objects.select_related("user__social_settings", "product").prefetch_related("photos")


@extend_schema_view(list=extend_schema(summary="Reviews of a product"))
class ProductReviews(FollowsSlugs, LimitedWrites, ViewSet):
    queryset = Review.objects.select_related("user__social_settings").prefetch_related("photos")
    serializer_class = serializers.ReviewSerializer
    permission_classes = [IsSignedIn | ReadOnly]
    filterset_class = ReviewFilter
    sorts = {"created_at": "created_at", "rating": "rating", "helpful": "helpful_count"}
    write_scope = "review"

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


class Reviews(LimitedWrites, mixins.UpdateModelMixin, mixins.DestroyModelMixin, ViewSet):
    queryset = ROWS
    serializer_class = serializers.ReviewSerializer
    permission_classes = [IsSignedIn & IsAuthor]
    write_scope = "review"

    def perform_update(self, serializer: Any) -> None:
        changes = serializer.validated_data
        serializer.instance = services.change_review(review_id=serializer.instance.pk, **changes)

    def perform_destroy(self, instance: Review) -> None:
        services.delete_review(review_id=instance.pk)


class Replies(ViewSet):
    queryset = ROWS
    serializer_class = serializers.ReviewSerializer
    permission_classes = [IsSignedIn & IsItsSeller]

    @extend_schema(request=serializers.ReplySerializer, responses=serializers.ReviewSerializer)
    def reply(self, request: Request, id: str) -> Response:
        """Reply as the product's seller; a second reply replaces the first."""
        body = self.body(serializers.ReplySerializer)
        review = services.reply_to_review(review_id=self.get_object().pk, **body)
        return Response(self.get_serializer(review).data)


class Photos(LimitedWrites, mixins.DestroyModelMixin, ViewSet):
    """Pictures of a review, by its author."""

    queryset = ROWS
    serializer_class = serializers.PhotoSerializer
    permission_classes = [IsSignedIn & IsAuthor]
    idempotency = "never"  # its transaction would stay open while a picture is decoded and written
    write_scope = "review"

    def get_parsers(self) -> list[Any]:
        """Multipart for uploads only."""
        return [UploadParser()] if self.request is None or self.request.method == "POST" else [JSONParser()]

    @extend_schema(
        summary="Add a picture to your review",
        request={"multipart/form-data": serializers.NewPhotoSerializer},
        responses={201: serializers.PhotoSerializer},
    )
    def create(self, request: Request, id: str) -> Response:
        review = self.get_object()
        upload = self.body(serializers.NewPhotoSerializer)["image"]
        photo = services.add_photo(review_id=review.pk, upload=upload)
        return Response(self.get_serializer(photo).data, status=201)

    @extend_schema(summary="Remove a picture")
    def destroy(self, request: Request, id: str, photo: str) -> Response:
        photos = ReviewPhoto.objects.filter(review=self.get_object())
        services.delete_photo(photo=find(photos, photo, alternative=""))
        return Response(status=204)


class Opinions(LimitedWrites, ViewSet):
    """Other users' opinions of a review."""

    queryset = ROWS
    serializer_class = serializers.ReviewSerializer
    write_scope = "review"

    def answer(self, review: Review, *, is_new: bool) -> Response:
        review = ROWS.all().get(pk=review.pk)
        return Response(self.get_serializer(review).data, status=201 if is_new else 200)

    @extend_schema(
        summary="Find a review helpful; again is 200",
        request=NothingSerializer,
        responses={200: serializers.ReviewSerializer, 201: serializers.ReviewSerializer},
    )
    def helpful(self, request: Request, id: str) -> Response:
        self.body(NothingSerializer)
        review = self.get_object()
        return self.answer(review, is_new=services.vote_helpful(review=review, user=request.user))

    @extend_schema(summary="Take that back")
    def unhelpful(self, request: Request, id: str) -> Response:
        services.take_vote_back(review=self.get_object(), user=request.user)
        return Response(status=204)

    @extend_schema(
        summary="Report a review to staff; again is 200",
        request=serializers.ReportSerializer,
        responses={200: None, 201: None},
    )
    def report(self, request: Request, id: str) -> Response:
        body = self.body(serializers.ReportSerializer)
        is_new = services.report_review(review=self.get_object(), user=request.user, **body)
        return Response({}, status=201 if is_new else 200)


@extend_schema_view(
    list=extend_schema(summary="All reviews; `reported=true`: those that wait for a decision")
)
class StaffReviews(ViewSet):
    queryset = ROWS.prefetch_related("reports")
    serializer_class = serializers.StaffReviewSerializer
    permission_classes = [Administers]
    filterset_class = StaffReviewFilter

    @extend_schema(summary="Take a review off the page and out of the ratings", request=NothingSerializer)
    def hide(self, request: Request, id: str) -> Response:
        return self.decide(services.hide_review)

    @extend_schema(summary="Show it (again); its reports are settled", request=NothingSerializer)
    def publish(self, request: Request, id: str) -> Response:
        return self.decide(services.publish_review)

    def decide(self, act: Any) -> Response:
        self.body(NothingSerializer)
        review = act(review_id=self.get_object().pk)
        return Response(self.get_serializer(self.queryset.all().get(pk=review.pk)).data)
