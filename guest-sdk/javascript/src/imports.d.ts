/** The host's interfaces as modules, and modules without types of their own. */

declare module "sqlservice:database/databases@0.2.0" {
  import type { Database, Models } from "./contract.ts";
  const databases: { Database: { open(name: string, models: Models): Promise<Database> } };
  export default databases;
}

declare module "sqlservice:database/sessions@0.2.0" {
  import type { Savepoint, Session } from "./contract.ts";
  const sessions: {
    Session: { close(session: Session): Promise<void> };
    Savepoint: { release(savepoint: Savepoint): Promise<void>; rollback(savepoint: Savepoint): Promise<void> };
  };
  export default sessions;
}

declare module "sqlservice:database/raw-sql@0.2.0" {
  import type { Options, ResultSet, Session, Value } from "./contract.ts";
  const raw: { execute(session: Session, sql: string, parameters: Value[], options: Options): Promise<ResultSet> };
  export default raw;
}

declare module "wasi:clocks/monotonic-clock@0.3.0" {
  const clock: { now(): bigint; waitFor(nanoseconds: bigint): Promise<void> };
  export default clock;
}

declare module "wasi:random/random@0.2.6" {
  const random: { getRandomBytes(count: bigint): ArrayLike<number> };
  export default random;
}

declare module "wasi:cli/stdout@0.2.6" {
  import type { OutputStream } from "./runtime/output-stream.ts";
  const stdout: { getStdout(): OutputStream };
  export default stdout;
}

declare module "wasi:cli/stderr@0.2.6" {
  import type { OutputStream } from "./runtime/output-stream.ts";
  const stderr: { getStderr(): OutputStream };
  export default stderr;
}

declare module "whatwg-url-without-unicode" {
  export class URLSearchParams {
    constructor(init?: string | Record<string, string> | Iterable<[string, string]>);
    append(name: string, value: string): void;
    delete(name: string): void;
    get(name: string): string | null;
    getAll(name: string): string[];
    has(name: string): boolean;
    set(name: string, value: string): void;
    sort(): void;
    forEach(callback: (value: string, name: string) => void): void;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    entries(): IterableIterator<[string, string]>;
    [Symbol.iterator](): IterableIterator<[string, string]>;
  }
  export class URL {
    constructor(url: string, base?: string | URL);
    hash: string;
    host: string;
    hostname: string;
    href: string;
    readonly origin: string;
    password: string;
    pathname: string;
    port: string;
    protocol: string;
    search: string;
    readonly searchParams: URLSearchParams;
    username: string;
    toJSON(): string;
    toString(): string;
  }
}

declare class DOMException extends Error {
  constructor(message?: string, name?: string);
}
