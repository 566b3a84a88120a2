import {
  belongsTo,
  database,
  decimal,
  enumeration,
  hasMany,
  id,
  int64,
  models,
  table,
  text,
  timestampTz,
  varchar,
} from "@sqlservice/guest";

/** The products on sale. */
const products = table("products", {
  id: id(),
  sku: varchar(32).unique(),
  title: text(),
  category: enumeration("book", "music", "other"),
});

/** The prices of products. A price applies from its start until the next one starts. */
const prices = table(
  "prices",
  {
    id: id(),
    product_id: int64().references("products.id", { onDelete: "cascade" }),
    amount: decimal(12, 2),
    starts: timestampTz(),
  },
  { uniques: [["product_id", "starts"]] },
);

export const schema = models(
  { products, prices },
  {
    products: {
      prices: hasMany("prices", { cascade: ["save-update", "delete", "delete-orphan"], orderBy: ["starts"] }),
    },
    prices: { product: belongsTo("products") },
  },
);

export const db = database(schema);
