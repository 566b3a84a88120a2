/** What the host gives a plugin: the contract's interfaces as modules. */

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
