"""A customer's lists, alerts, viewed products, and products bought together."""

from typing import Any

from django.db.models import F, Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product, ProductImage, Variant
from catalog.serializers.expanding import shown_brands, shown_categories, shown_shops
from catalog.serializers.products import ProductRowSerializer
from catalog.views.moving import FollowsSlugs
from config.shared.api.serializers import NothingSerializer
from config.shared.api.views import ApiView, RetrieveMixin, ViewSet
from config.shared.errors import NotFound
from config.shared.lookups import find
from social import services
from social.filters import WishFilter
from social.models import Watch, Wishlist, WishlistItem, public_name
from social.serializers import wishes as serializers

PICTURES = Prefetch(
    "product__images",
    ProductImage.objects.order_by("product_id", "position", "id").distinct("product_id"),
    to_attr="first_images",
)
REFS = ("product__seller", "product__brand", "product__category")


def variant_of(product: Product, value: str | None) -> Variant | None:
    return find(Variant.objects.live().filter(product=product), value, alternative="") if value else None


@extend_schema_view(
    list=extend_schema(summary="One's wishlists"),
    retrieve=extend_schema(summary="One of them"),
    partial_update=extend_schema(summary="Rename it"),
    destroy=extend_schema(summary="Delete it with what is on it"),
)
class Wishlists(RetrieveMixin, mixins.UpdateModelMixin, mixins.DestroyModelMixin, ViewSet):
    queryset = Wishlist.objects.all()
    serializer_class = serializers.WishlistSerializer

    @extend_schema(summary="A new list", responses={201: serializers.WishlistSerializer})
    def create(self, request: Request) -> Response:
        row = services.create_wishlist(user=request.user, **self.body())
        return Response(self.get_serializer(row).data, status=201)

    @extend_schema(summary="Share it by a link that nobody guesses", request=NothingSerializer)
    def share(self, request: Request, id: str) -> Response:
        self.body(NothingSerializer)
        return Response(self.get_serializer(services.share_wishlist(wishlist=self.get_object())).data)

    @extend_schema(summary="Make it private again")
    def unshare(self, request: Request, id: str) -> Response:
        services.stop_sharing(wishlist=self.get_object())
        return Response(status=204)


class SharedWishlist(ApiView):
    permission_classes = [AllowAny]

    @extend_schema(responses=serializers.SharedWishlistSerializer)
    def get(self, request: Request, token: str) -> Response:
        """A shared list, for everybody with its link."""
        lists = Wishlist.objects.select_related("user__social_settings").filter(user__is_active=True)
        row = lists.filter(share_token=token).first() if "\x00" not in token else None
        if row is None:
            raise NotFound
        items = row.items.filter(product__in=Product.objects.public()).select_related(*REFS)
        shown = items.prefetch_related(PICTURES).order_by("-created_at", "-pk")
        body = {"name": row.name, "owner": public_name(row.user), "items": shown}
        return Response(serializers.SharedWishlistSerializer(body).data)


@extend_schema_view(
    list=extend_schema(summary="List what is on your wishlists"),
    destroy=extend_schema(summary="Take it off its list"),
)
class Wishes(mixins.DestroyModelMixin, ViewSet):
    queryset = WishlistItem.objects.select_related(*REFS).prefetch_related(PICTURES)
    serializer_class = serializers.WishSerializer
    filterset_class = WishFilter
    expandable = {
        "product.seller": shown_shops,
        "product.brand": shown_brands,
        "product.category": shown_categories,
    }

    @extend_schema(
        summary="Put a product on a list; again is 200",
        request=serializers.NewWishSerializer,
        responses={200: serializers.WishSerializer, 201: serializers.WishSerializer},
    )
    def create(self, request: Request) -> Response:
        body = self.body(serializers.NewWishSerializer)
        product = find(Product.objects.public(), body["product"])
        variant = variant_of(product, body.get("variant"))
        own = Wishlist.objects.visible_to(request.actor)
        wishlist = find(own, body["wishlist"], alternative="") if "wishlist" in body else None
        row, is_new = services.add_wish(
            user=request.user, product=product, variant=variant, wishlist=wishlist
        )
        row = self.get_queryset().get(pk=row.pk)
        return Response(self.get_serializer(row).data, status=201 if is_new else 200)


class NotifyMe(ApiView):
    def product(self, value: str) -> Product:
        return find(Product.objects.public(), value)

    @extend_schema(
        request=serializers.NewWatchSerializer,
        responses={200: serializers.WatchesSerializer, 201: serializers.WatchesSerializer},
    )
    def post(self, request: Request, product_id: str) -> Response:
        """Alert me once when it is back in stock or costs less."""
        product = self.product(product_id)
        body = self.body(serializers.NewWatchSerializer)
        body["variant"] = variant_of(product, body.get("variant"))
        rows, is_new = services.watch_product(user=request.user, product=product, **body)
        answer = serializers.WatchesSerializer({"results": rows}).data
        return Response(answer, status=201 if is_new else 200)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, product_id: str) -> Response:
        """Cancel your alerts."""
        services.stop_watching(user=request.user, product=self.product(product_id))
        return Response(status=204)


@extend_schema_view(list=extend_schema(summary="What one waits for"))
class Watches(ViewSet):
    queryset = Watch.objects.all()
    serializer_class = serializers.WatchSerializer


@extend_schema_view(list=extend_schema(summary="What one has looked at, latest first; the last 50"))
class RecentlyViewed(ViewSet):
    queryset = Product.objects.public().for_rows()
    serializer_class = ProductRowSerializer
    sorts, default_sort = {"viewed_at": "viewed_at"}, "-viewed_at"

    def get_queryset(self) -> QuerySet:
        mine = self.queryset.filter(views__user=self.request.actor.user_id)
        return mine.annotate(viewed_at=F("views__viewed_at"))

    @extend_schema(
        summary="Remember that one looks at a product",
        request=serializers.SeenSerializer,
        responses={204: None},
    )
    def create(self, request: Request) -> Response:
        product = find(Product.objects.public(), self.body(serializers.SeenSerializer)["product"])
        services.remember_view(user=request.user, product=product)
        return Response(status=204)

    @extend_schema(summary="Forget all of it")
    def clear(self, request: Request) -> Response:
        services.forget_views(user=request.user)
        return Response(status=204)


@extend_schema_view(list=extend_schema(summary="What is bought together with a product, most often first"))
class AlsoBought(FollowsSlugs, ViewSet):
    queryset = Product.objects.public().for_rows()
    serializer_class = ProductRowSerializer
    permission_classes = [AllowAny]
    sorts, default_sort = {"rank": "rank"}, "rank"

    def get_queryset(self) -> QuerySet:
        product: Any = find(Product.objects.public(), self.kwargs["product_id"])
        rows = self.queryset.filter(bought_with__product=product)
        return rows.annotate(rank=F("bought_with__rank"))
