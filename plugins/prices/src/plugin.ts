/** A catalogue of products and prices. Its WIT interface is generated from the exported functions' types. */

import { type int, NoResultError, UniqueViolation } from "@sqlservice/guest";

import { db } from "./models.ts";

export { schema } from "./models.ts";

export type Category = "book" | "music" | "other";

/** A product to add, with its first price as a decimal text: `"12.50"`. */
export interface NewProduct {
  sku: string;
  title: string;
  category: Category;
  amount: string;
}

/** A product with its current price; no price if none has started. */
export interface Product {
  sku: string;
  title: string;
  category: Category;
  amount?: string | undefined;
}

/** A price and the moment from which it applies, as `2024-02-29T12:00:00.000Z`. */
export interface Price {
  amount: string;
  starts: string;
}

/** Creates the tables that are missing. */
export async function install(): Promise<void> {
  await db.createAll();
}

/** Adds a product with its first price, and returns its key. */
export async function addProduct({ amount, ...product }: NewProduct): Promise<int> {
  try {
    return await db.begin(async (session) => {
      const { id } = await session.save("products", { ...product, prices: [{ amount, starts: new Date() }] });
      return id;
    });
  } catch (error) {
    if (error instanceof UniqueViolation) throw new Error(`there is a product ${product.sku} already`);
    throw error;
  }
}

/** Sets the price of a product from a moment on; from now on by default. */
export async function setPrice(sku: string, amount: string, starts?: string): Promise<void> {
  await db.begin(async (session) => {
    const [product] = await session.find("products", { where: { sku }, with: { prices: true } });
    if (!product) throw unknown(sku);
    const from = starts === undefined ? new Date() : new Date(starts);
    const same = product.prices.find((price) => price.starts.getTime() === from.getTime());
    if (same) same.amount = amount;
    else await session.save("prices", { product_id: product.id, amount, starts: from });
  });
}

/** Returns all prices of a product, oldest first. */
export async function prices(sku: string): Promise<Price[]> {
  return db.begin(async (session) => {
    const [product] = await session.find("products", { where: { sku }, with: { prices: true } });
    if (!product) throw unknown(sku);
    return product.prices.map(({ amount, starts }) => ({ amount, starts: starts.toISOString() }));
  });
}

/** Returns the products of a category, or all, by title, each with its current price. */
export async function catalogue(category?: Category): Promise<Product[]> {
  const current = db.kysely
    .selectFrom("prices")
    .select((eb) => [
      "product_id",
      "amount",
      eb.fn
        .agg<number>("row_number")
        .over((over) => over.partitionBy("product_id").orderBy("starts", "desc"))
        .as("age"),
    ])
    .where("starts", "<=", new Date());
  const rows = await db.kysely
    .with("current", () => current)
    .selectFrom("products")
    .leftJoin("current", (join) => join.onRef("current.product_id", "=", "products.id").on("current.age", "=", 1))
    .select(["products.sku", "products.title", "products.category", "current.amount"])
    .$if(category !== undefined, (query) => query.where("products.category", "=", category as Category))
    .orderBy("products.title")
    .execute();
  return rows.map(({ amount, ...product }) => ({ ...product, amount: amount ?? undefined }));
}

/** Returns the sum of the current prices of all products of a category. */
export async function total(category: Category): Promise<string> {
  const products = await catalogue(category);
  const cents = products.reduce((sum, { amount = "0" }) => sum + BigInt(amount.replace(".", "")), 0n);
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}

function unknown(sku: string): NoResultError {
  return new NoResultError({ code: "no-result", message: `there is no product ${sku}`, table: "products" });
}
