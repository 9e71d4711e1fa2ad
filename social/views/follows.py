"""Following, and a shop's view and control of its followers."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Seller
from catalog.models import Brand
from catalog.serializers.expanding import shown_brands, shown_shops
from config.shared.api.views import ViewSet
from config.shared.lookups import find
from config.shared.permissions import IsActiveSeller, IsSeller, ReadOnly
from social import services
from social.models import Block, Follow, Post
from social.pagination import FeedPagination
from social.serializers import follows as serializers
from social.views.base import LimitedWrites, OfOwnShop


@extend_schema_view(list=extend_schema(summary="Whom one follows"), destroy=extend_schema(summary="Unfollow"))
class Follows(LimitedWrites, mixins.DestroyModelMixin, ViewSet):
    queryset = Follow.objects.select_related("seller", "brand")
    expandable = {"seller": shown_shops, "brand": shown_brands}
    serializer_class = serializers.FollowSerializer
    write_scope = "follow"

    @extend_schema(
        summary="Follow a shop or a brand; again is 200",
        request=serializers.NewFollowSerializer,
        responses={200: serializers.FollowSerializer, 201: serializers.FollowSerializer},
    )
    def create(self, request: Request) -> Response:
        body = self.body(serializers.NewFollowSerializer)
        followed = {"seller": Seller.objects.public(), "brand": Brand.objects.all()}
        found = {name: find(followed[name], value) for name, value in body.items()}
        follow, is_new = services.follow(user=request.user, **found)
        return Response(self.get_serializer(follow).data, status=201 if is_new else 200)

    def perform_destroy(self, instance: Follow) -> None:
        services.unfollow(follow=instance)


@extend_schema_view(
    list=extend_schema(summary="List the followers of your shop, by the names that they allow")
)
class Followers(ViewSet):
    queryset = Follow.objects.select_related("user__social_settings")
    serializer_class = serializers.FollowerSerializer
    permission_classes = [IsSeller]

    def get_queryset(self) -> QuerySet:
        return self.queryset.filter(seller_id=self.request.actor.seller_id)


@extend_schema_view(
    list=extend_schema(summary="List whom your shop has blocked"),
    destroy=extend_schema(summary="Allow them again"),
)
class Blocks(OfOwnShop, mixins.DestroyModelMixin, ViewSet):
    queryset = Block.objects.all()
    serializer_class = serializers.BlockSerializer

    @extend_schema(
        summary="Block a customer, named by what they did",
        description="They stop following the shop, and cannot follow, review, ask or write to it. Again is 200.",
        request=serializers.NewBlockSerializer,
        responses={200: serializers.BlockSerializer, 201: serializers.BlockSerializer},
    )
    def create(self, request: Request) -> Response:
        [(act, named)] = self.body(serializers.NewBlockSerializer).items()
        user = services.doer_of(act, named, seller_id=request.actor.seller_id)
        row, is_new = services.block(seller=self.shop, user=user)
        return Response(self.get_serializer(row).data, status=201 if is_new else 200)


@extend_schema_view(
    list=extend_schema(summary="One's shop's announcements"),
    destroy=extend_schema(summary="Take an announcement out of the feeds"),
)
class Announcements(LimitedWrites, OfOwnShop, mixins.DestroyModelMixin, ViewSet):
    queryset = Post.objects.filter(kind=Post.Kind.ANNOUNCEMENT)
    serializer_class = serializers.AnnouncementSerializer
    permission_classes = [IsActiveSeller | (IsSeller & ReadOnly)]
    write_scope = "announce"

    @extend_schema(
        summary="Tell all followers something",
        request=serializers.AnnouncementSerializer,
        responses={201: serializers.AnnouncementSerializer},
    )
    def create(self, request: Request) -> Response:
        body = self.body(serializers.AnnouncementSerializer)
        post = services.post_announcement(seller=self.shop, **body)
        return Response(self.get_serializer(post).data, status=201)

    def perform_destroy(self, instance: Post) -> None:
        services.delete_announcement(post=instance)


@extend_schema_view(
    list=extend_schema(
        summary="News of those whom one follows",
        description="New products, falls in price, restocks and announcements of the shops and brands that one "
        "follows, newest first. A product is named once a day for each kind, with what has changed in `data`.",
    )
)
class Feed(ViewSet):
    queryset = Post.objects.with_contents()
    serializer_class = serializers.PostSerializer
    pagination_class = FeedPagination

    def get_queryset(self) -> QuerySet:
        return self.queryset.all()

    def followed(self, **window: Any) -> QuerySet:
        return self.get_queryset().followed(self.request.actor.user_id, **window)
