"""The whole product as its users meet it: `manage.py up`, HTTP, websockets, the Stripe SDK against the stand-in.

One story, told in order; each test that needs the running marketplace makes its own people and goods.
"""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from config.tests.live import PROJECT, Client, Souk, eventually

ADMIN = "owner@example.com"
PASSWORD = "correct-horse-9"
BERLIN = {
    "name": "Ada Guest",
    "line1": "Karl-Marx-Allee 1",
    "city": "Berlin",
    "postal_code": "10178",
    "country": "DE",
}
SHOPIFY_CSV = b"""Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price
clay-cup,Clay Cup,<p>Fired twice</p>,Kiln & Sons,Kitchen,"Cup, Clay",true,Size,Small,,5,9.50
clay-cup,,,,,,,,Large,,2,12.00
tea-tray,Tea Tray,<p>Of ash wood</p>,Kiln & Sons,Kitchen,Tray,true,Title,Default Title,,3,40
"""
SHARED_DATA = PROJECT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def souk(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[Souk]:
    """The tutorial's begins with nothing."""
    running = Souk(tmp_path_factory.mktemp("live") / "data")
    running.fill(migrated)
    running.start("--no-demo")
    running.manage("create_admin", ADMIN, ADMIN_PASSWORD=PASSWORD)
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def admin(souk: Souk) -> Client:
    return souk.guest.log_in(ADMIN, PASSWORD)


def someone(souk: Souk) -> tuple[str, Client]:
    """A new customer: the address, and the client that is logged in."""
    email = f"{uuid4().hex[:12]}@example.com"
    souk.guest.post("/auth/register", {"email": email, "password": PASSWORD, "name": "Some One"}, expect=201)
    return email, souk.guest.log_in(email, PASSWORD)


@dataclass
class Shop:
    client: Client
    id: str


def open_shop(souk: Souk, admin: Client) -> Shop:
    email, applicant = someone(souk)
    seller = applicant.post("/sellers/apply", {"name": f"Shop {uuid4().hex[:8]}"}, expect=201)
    assert seller["status"] == "pending"
    admin.post(f"/admin/sellers/{seller['id']}/approve")
    return Shop(souk.guest.log_in(email, PASSWORD), seller["id"])


def import_csv(shop: Shop, content: bytes) -> dict:
    job = shop.client.upload("/products/import", "products.csv", content)
    found = eventually(lambda: done(shop, job["id"]), "the import is done")
    assert found["errors"] == []
    return found


def done(shop: Shop, job: str) -> dict | None:
    state = shop.client.get(f"/products/import/{job}")
    return state if state["status"] in {"succeeded", "failed", "completed", "done"} else None


def hand_made(shop: Shop, *, stock: int = 10, price: int = 2500) -> dict:
    body = {"title": "Copper Kettle", "status": "active", "sku": uuid4().hex[:8], "stock": stock}
    return shop.client.post("/products", {**body, "price": {"amount": price, "currency": "USD"}}, expect=201)


def fill_cart(buyer: Client, *variants: tuple[str, int]) -> None:
    """Adds lines; a guest keeps the token that the first answer gives."""
    for variant, quantity in variants:
        answer = buyer.send("POST", "/cart/items", {"variant": variant, "quantity": quantity})
        assert answer.status in {200, 201}, answer.body
        if token := answer.headers.get("Cart-Token"):
            buyer.headers["Cart-Token"] = token


def pay(buyer: Client, order: dict) -> dict:
    """Creates and confirms a payment with Stripe's test card; waits for the webhook to mark the order paid."""
    payment = buyer.once("/payments", {"order": order["id"]})
    assert (payment["amount"], payment["provider"]) == (order["total"], "stripe")
    confirmed = buyer.post(f"/payments/{payment['id']}/confirm", {"payment_method": "pm_card_visa"})
    assert confirmed["status"] == "succeeded"
    return eventually(lambda: paid(buyer, order["id"]), "the order is paid")


def paid(buyer: Client, order: str) -> dict | None:
    found = buyer.get(f"/orders/{order}")
    return found if found["status"] == "paid" else None


def stock_of(shop: Shop, variant: str) -> tuple[int, int]:
    level = shop.client.get(f"/inventory/{variant}")
    return level["on_hand"], level["reserved"]


def test_a_customer_buys_from_two_shops_and_sees_every_step(souk, admin):
    first, second = open_shop(souk, admin), open_shop(souk, admin)
    import_csv(first, SHOPIFY_CSV)
    cup = first.client.get("/products/my?fields=id,title")["results"]
    cup_id = next(row["id"] for row in cup if row["title"] == "Clay Cup")
    small = next(
        v for v in souk.guest.get(f"/products/{cup_id}")["variants"] if v["options"] == {"Size": "Small"}
    )
    kettle = hand_made(second)["variants"][0]

    _, buyer = someone(souk)
    fill_cart(buyer, (small["id"], 2), (kettle["id"], 1))
    cart = buyer.get("/cart")
    assert cart["total"] == {"amount": 4400, "currency": "USD"}
    with souk.socket("orders", buyer) as frames:
        start = frames.until("ready")[-1]["id"]
        order = buyer.once("/orders/place", {"shipping_address": BERLIN, "expected_total": cart["total"]})
        assert (order["status"], order["total"], len(order["parts"])) == ("pending_payment", cart["total"], 2)
        assert (stock_of(first, small["id"]), stock_of(second, kettle["id"])) == ((5, 2), (10, 1))
        pay(buyer, order)
        assert (stock_of(first, small["id"]), stock_of(second, kettle["id"])) == ((3, 0), (9, 0))
        frames.until("order.status_changed", status="paid")
    for shop in (first, second):
        own = shop.client.get("/orders/seller")["results"]
        assert [part["seller"] for part in own] == [shop.id]
        shop.client.post(f"/orders/seller/{own[0]['id']}/accept")
        shop.client.post(f"/orders/seller/{own[0]['id']}/ship", {"carrier": "DHL", "tracking_number": "123"})
    assert buyer.get(f"/orders/{order['id']}")["status"] == "shipped"

    with souk.socket(f"orders?after={start}", buyer) as frames:
        missed = frames.until("ready")[:-1]
    kinds = [frame["type"] for frame in missed]
    assert kinds[0] == "order.placed"
    assert kinds.count("order.shipped") == 2
    assert [int(frame["id"]) for frame in missed] == sorted({int(frame["id"]) for frame in missed})
    statuses = [f["data"]["status"] for f in missed if f["type"] == "order.status_changed"]
    assert statuses[-1] == "shipped"


def test_a_guest_buys_with_a_token_and_nobody_else_reads_the_order(souk, admin):
    shop = open_shop(souk, admin)
    kettle = hand_made(shop)["variants"][0]
    guest = souk.guest
    fill_cart(guest, (kettle["id"], 3))
    order = guest.once("/orders/place", {"shipping_address": BERLIN, "email": "guest@example.com"})
    with_token = Client(guest.base, {"Order-Token": order["access_token"]})
    assert pay(with_token, order)["total"] == {"amount": 7500, "currency": "USD"}
    _, stranger = someone(souk)
    assert stranger.send("GET", f"/orders/{order['id']}").status == 404
    assert souk.guest.send("GET", f"/orders/{order['id']}").status in {401, 404}


def test_the_last_unit_is_sold_once(souk, admin):
    shop = open_shop(souk, admin)
    kettle = hand_made(shop, stock=1)["variants"][0]
    buyers = [someone(souk)[1] for _ in range(2)]
    for buyer in buyers:
        fill_cart(buyer, (kettle["id"], 1))
    first = buyers[0].once("/orders/place", {"shipping_address": BERLIN})
    refusal = buyers[1].once("/orders/place", {"shipping_address": BERLIN}, expect=409)
    assert (first["status"], refusal["code"]) == ("pending_payment", "out_of_stock")
    assert stock_of(shop, kettle["id"]) == (1, 1)


def test_a_watched_product_tells_of_its_stock(souk, admin):
    shop = open_shop(souk, admin)
    product = hand_made(shop, stock=4)
    with souk.socket(f"inventory?product={product['id']}", souk.guest) as frames:
        frames.until("ready")
        shop.client.post(
            "/inventory/adjust", {"variant": product["variants"][0]["id"], "delta": -4, "reason": "broken"}
        )
        told = frames.until("inventory.changed")[-1]["data"]
    assert told == {
        "product": product["id"],
        "variant": product["variants"][0]["id"],
        "available": False,
        "quantity": 0,
    }


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the sample files of Shopify are not there")
@pytest.mark.parametrize(("name", "products"), [("apparel.csv", 20), ("home-and-garden.csv", 20)])
def test_shopify_s_own_files_import_whole_and_a_second_time_change_nothing(souk, admin, name, products):
    shop = open_shop(souk, admin)
    content = (SHARED_DATA / name).read_bytes()
    import_csv(shop, content)
    before = shop.client.get("/products/my?limit=100&count=true")
    import_csv(shop, content)
    after = shop.client.get("/products/my?limit=100&count=true")
    assert before["count"] == products
    assert after == before


@pytest.mark.parametrize(
    "pattern",
    [
        "config.serve",
        "uvicorn",
        "manage.py worker",
        "postgres -D|bin/postgres",
        "valkey-server",
        "payments.standin",
        "embedded.keeper",
    ],
)
def test_kill_9_of_any_process_and_a_restart_lose_nothing_that_was_answered(souk, admin, pattern):
    shop = open_shop(souk, admin)
    kettle = hand_made(shop)["variants"][0]
    _, buyer = someone(souk)
    fill_cart(buyer, (kettle["id"], 1))
    order = buyer.once("/orders/place", {"shipping_address": BERLIN})
    payment = buyer.once("/payments", {"order": order["id"]})
    victims = souk.processes(pattern)
    assert victims, souk.processes(".")
    os.kill(min(victims), signal.SIGKILL)
    if pattern in {"config.serve", "uvicorn", "manage.py worker"}:
        souk.process.wait(timeout=20)
        souk.start("--no-demo")
    eventually(souk.is_whole, "every service is back")
    confirm = {"payment_method": "pm_card_visa"}
    answer = eventually(
        lambda: (a := buyer.send("POST", f"/payments/{payment['id']}/confirm", confirm)).status == 200 and a,
        "paid",
    )
    assert answer.body["status"] == "succeeded"
    eventually(lambda: paid(buyer, order["id"]), "the order is paid")
    assert stock_of(shop, kettle["id"]) == (9, 0)


def test_a_stop_answers_what_has_begun(souk, admin):
    """Eight payments wait for Stripe, four on each server, when SIGTERM comes; the sockets are told to come back."""
    kettle = hand_made(open_shop(souk, admin))["variants"][0]
    _, buyer = someone(souk)
    orders = []
    for _ in range(8):
        fill_cart(buyer, (kettle["id"], 1))
        orders.append(buyer.once("/orders/place", {"shipping_address": BERLIN}))
    stripe = souk.standin()
    calls = len(stripe.calls(method="POST", path="/v1/payment_intents"))
    stripe.trouble(method="POST", path="/v1/payment_intents", delay=2.0)
    servers = [Client(f"http://127.0.0.1:{port}/api/v1", buyer.headers) for port in (souk.port, souk.ws_port)]
    with souk.socket("orders", buyer) as frames, ThreadPoolExecutor(8) as pool:
        frames.until("ready")
        keys = [{"Idempotency_Key": uuid4().hex} for _ in orders]
        begun = [
            pool.submit(servers[n % 2].send, "POST", "/payments", {"order": order["id"]}, **keys[n])
            for n, order in enumerate(orders)
        ]
        eventually(
            lambda: len(stripe.calls(method="POST", path="/v1/payment_intents")) >= calls + 4, "they wait"
        )
        assert souk.stop() == 0
        answers = [each.result() for each in begun]
        with pytest.raises(ConnectionClosed) as end:
            frames.until("never")
    assert end.value.rcvd.code == 4001
    # A process calls Stripe on a few threads at once and sends the rest away, which is an answer too.
    assert {answer.status for answer in answers} <= {201, 503}
    assert [answer.status for answer in answers].count(201) >= 4
