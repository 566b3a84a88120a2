import {
  type CompiledQuery,
  type DatabaseIntrospector,
  DefaultQueryCompiler,
  type Dialect,
  type DialectAdapter,
  DialectAdapterBase,
  type Driver,
  type QueryCompiler,
  type QueryId,
  type RootOperationNode,
} from "kysely";

import { unsupported } from "../statement/arena.ts";

/** A dialect whose queries are not compiled to text: the driver sends Kysely's own nodes as data. */
export class DataDialect implements Dialect {
  private readonly driver: Driver;
  private readonly introspector: DatabaseIntrospector;

  constructor(driver: Driver, introspector: DatabaseIntrospector) {
    this.driver = driver;
    this.introspector = introspector;
  }

  createDriver(): Driver {
    return this.driver;
  }

  createQueryCompiler(): QueryCompiler {
    return new DataQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new DataAdapter();
  }

  createIntrospector(): DatabaseIntrospector {
    return this.introspector;
  }
}

/** Passes the query's nodes on. SQL text is compiled only if it is read, as by a logger. */
class DataQueryCompiler implements QueryCompiler {
  compileQuery(query: RootOperationNode, queryId: QueryId): CompiledQuery {
    let compiled: CompiledQuery | undefined;
    const text = () => (compiled ??= new DefaultQueryCompiler().compileQuery(query, queryId));
    return {
      query,
      queryId,
      get sql() {
        return text().sql;
      },
      get parameters() {
        return text().parameters;
      },
    };
  }
}

class DataAdapter extends DialectAdapterBase {
  override get supportsReturning(): boolean {
    return true;
  }

  override get supportsTransactionalDdl(): boolean {
    return false;
  }

  override async acquireMigrationLock(): Promise<void> {
    throw unsupported("a migration", "tables are made by createAll and dropAll");
  }

  override async releaseMigrationLock(): Promise<void> {}
}
