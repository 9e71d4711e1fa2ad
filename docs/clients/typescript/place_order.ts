import createClient from "openapi-fetch";
import type { components, paths } from "./souk.d.ts";

type Money = components["schemas"]["Money"];

const souk = createClient<paths>({ baseUrl: process.env.SOUK ?? "http://localhost:8000" });
const once = () => ({ "Idempotency-Key": crypto.randomUUID() });
const shown = ({ amount, currency }: Money) => `${(amount / 100).toFixed(2)} ${currency}`;

/** What an answer brought, or an error that says the problem's stable code. */
async function ok<T>(call: Promise<{ data?: T; error?: components["schemas"]["Problem"] }>): Promise<T> {
  const { data, error } = await call;
  if (data === undefined) throw new Error(`${error?.code}: ${error?.detail} (${error?.request_id})`);
  return data;
}

const listed = await ok(souk.GET("/api/v1/products", { params: { query: { in_stock: true, sort: "price", limit: 1 } } }));
const product = await ok(souk.GET("/api/v1/products/{id}", { params: { path: { id: listed.results[0].id } } }));
const variant = product.variants.find((one) => one.available);
if (!variant) throw new Error("nothing can be had");

const added = await souk.POST("/api/v1/cart/items", { body: { variant: variant.id, quantity: 1 } });
const cartToken = added.response.headers.get("Cart-Token") ?? "";
const shipping_address = { name: "Ada", line1: "Karl-Marx-Allee 1", city: "Berlin", postal_code: "10178", country: "DE" };
const quote = await ok(souk.POST("/api/v1/cart/quote", {
  params: { header: { "Cart-Token": cartToken } }, body: { shipping_address },
}));
const order = await ok(souk.POST("/api/v1/orders/place", {
  params: { header: { "Cart-Token": cartToken, ...once() } },
  body: { shipping_address, email: "ada@example.com", expected_total: quote.total },
}));
const headers = { "Order-Token": order.access_token ?? "" };
const payment = await ok(souk.POST("/api/v1/payments", {
  params: { header: once() }, headers, body: { order: order.id },
}));
const paid = await ok(souk.POST("/api/v1/payments/{id}/confirm", {
  params: { path: { id: payment.id } }, headers, body: { payment_method: "pm_card_visa" },
}));
console.log(`${product.title}: order ${order.number} of ${shown(order.total)}, payment ${paid.status}`);
if (paid.status !== "succeeded") process.exit(1);
