from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.filters import LevelFilters
from catalog.models import Location, StockLevel, StockMovement, Variant
from catalog.serializers.bulk import BulkAnswerSerializer, BulkStockSerializer
from catalog.serializers.inventory import (
    AdjustmentSerializer,
    Inventory,
    InventorySerializer,
    LevelChangeSerializer,
    LevelSerializer,
    LocationSerializer,
    MovementSerializer,
    TransferSerializer,
)
from catalog.services.bulk import set_stock
from catalog.services.inventory import delete_location, set_backorder_limit, set_threshold
from catalog.services.stock import adjust_stock, default_location, transfer_stock
from catalog.views.bulk import answer as bulk_answer
from catalog.views.bulk import shop_of
from catalog.views.edits import PatchMixin
from config.shared.api import params
from config.shared.api.conditional import check_if_match, etag_of
from config.shared.api.views import RetrieveMixin, ViewSet
from config.shared.errors import invalid
from config.shared.lookups import find, named
from config.shared.permissions import IsAdmin, IsSeller


def own_variant(request: Request, key: str) -> Variant:
    """A variant whose stock the actor may manage; raises NotFound."""
    rows = Variant.objects.live()
    if not request.actor.is_admin:
        rows = rows.filter(seller_id=request.actor.seller_id)
    return find(rows, key, alternative="")


def inventory_of(variant: Variant, *, lock: bool = False) -> Inventory:
    rows = StockLevel.objects.filter(variant=variant).select_related("variant", "location")
    rows = rows.order_by("pk").select_for_update(of=("self",), no_key=True) if lock else rows
    first_first = sorted(
        rows, key=lambda level: (not level.location.is_active, level.location.priority, level.pk)
    )
    return Inventory(variant, first_first)


def answer(inventory: Inventory) -> Response:
    return Response(InventorySerializer(inventory).data, headers={"ETag": etag_of(inventory)})


@extend_schema_view(
    retrieve=extend_schema(responses=InventorySerializer),
    partial_update=extend_schema(request=LevelChangeSerializer, responses=InventorySerializer),
)
class InventoryViewSet(ViewSet):
    """Levels in a list; `{variant_id}` is a variant's stock over all its locations."""

    queryset = StockLevel.objects.all()
    permission_classes = [IsSeller | IsAdmin]
    serializer_class = LevelSerializer
    filterset_class = LevelFilters
    lookup_field = "variant_id"
    sorts, default_sort = {"id": "id", "on_hand": "on_hand"}, "id"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(variant__is_archived=False).select_related("variant")

    def retrieve(self, request: Request, variant_id: str) -> Response:
        params.check_known(request.query_params, self.extra_parameters)
        return answer(inventory_of(own_variant(request, variant_id)))

    @transaction.atomic
    def partial_update(self, request: Request, variant_id: str) -> Response:
        variant, body = own_variant(request, variant_id), self.body(LevelChangeSerializer)
        inventory = inventory_of(variant, lock=True)
        check_if_match(request, inventory)
        level = level_named(inventory, body.get("location"))
        if "low_stock_threshold" in body:
            set_threshold(level=level, threshold=body["low_stock_threshold"])
        if "backorder_limit" in body:
            set_backorder_limit(level=level, limit=body["backorder_limit"])
        return answer(inventory_of(variant))

    @extend_schema(request=AdjustmentSerializer, responses=InventorySerializer)
    @transaction.atomic
    def adjust(self, request: Request) -> Response:
        given = self.body(AdjustmentSerializer)
        variant = own_variant(request, given["variant"])
        location = named_location(variant, given.get("location"))
        check_if_match(request, inventory_of(variant, lock=True))
        act = {"delta": given["delta"], "reason": given["reason"], "actor": request.actor.caller}
        adjust_stock(variant=variant, location=location, **act)
        return answer(inventory_of(variant))

    @extend_schema(request=TransferSerializer, responses=InventorySerializer)
    @transaction.atomic
    def transfer(self, request: Request) -> Response:
        """Moves units between two locations: both movements are written, or neither."""
        given = self.body(TransferSerializer)
        variant = own_variant(request, given["variant"])
        places = {name: named_location(variant, given[name], name) for name in ("source", "target")}
        check_if_match(request, inventory_of(variant, lock=True))
        act = {"quantity": given["quantity"], "reason": given["reason"], "actor": request.actor.caller}
        transfer_stock(variant=variant, **places, **act)
        return answer(inventory_of(variant))

    @extend_schema(request=BulkStockSerializer, responses=BulkAnswerSerializer)
    def bulk(self, request: Request) -> Response:
        """Up to 1,000 corrections, each row independent: the answer has the outcome of each."""
        given = self.body(BulkStockSerializer)
        rows, act = given["items"], {"reason": given["reason"], "actor": request.actor.caller}
        return bulk_answer(rows, set_stock(seller_id=shop_of(request), rows=rows, **act))


def level_named(inventory: Inventory, location: str | None) -> StockLevel:
    """The level at this location (default: the first)."""
    found = [level for level in inventory.levels if location in (None, str(level.location_id))]
    if not found:
        raise invalid("location", "The variant has no stock there.", "does_not_exist")
    return found[0]


def named_location(variant: Variant, key: str | None, member: str = "location") -> Location | None:
    if key is None:
        return None
    rows = Location.objects.active().filter(seller_id=variant.seller_id)
    location = rows.filter(named(key, alternative="")).first()
    if location is None:
        raise invalid(member, "The shop has no such location.", "does_not_exist")
    return location


class MovementViewSet(ViewSet):
    """The stock movements of a variant, newest first."""

    queryset = StockMovement.objects.all()
    serializer_class = MovementSerializer
    permission_classes = [IsSeller | IsAdmin]
    sorts, default_sort = {"id": "id"}, "-id"

    def get_queryset(self) -> QuerySet:
        variant = own_variant(self.request, self.kwargs["variant_id"])
        return super().get_queryset().filter(level__variant=variant).select_related("level")


class LocationViewSet(PatchMixin, RetrieveMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, ViewSet):
    queryset = Location.objects.all()
    serializer_class = LocationSerializer
    permission_classes = [IsSeller]
    sorts, default_sort = {"priority": "priority", "created_at": "created_at"}, "priority"

    def get_queryset(self) -> QuerySet:
        default_location(seller_id=self.request.actor.seller_id)
        return super().get_queryset().filter(seller_id=self.request.actor.seller_id)

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        default_location(seller_id=self.request.actor.seller_id)
        serializer.save(seller_id=self.request.actor.seller_id)

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        serializer.save()

    def perform_destroy(self, instance: Location) -> None:
        delete_location(location=instance)
