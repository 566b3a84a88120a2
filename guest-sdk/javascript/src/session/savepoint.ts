import sessions from "sqlservice:database/sessions@0.2.0";

import type * as contract from "../contract.ts";
import { ClosedError, host } from "../errors.ts";

/** A savepoint of a transaction. Savepoints nest; the innermost ends first. */
export class DataSavepoint {
  private savepoint: contract.Savepoint | undefined;
  private readonly undone: () => void;

  constructor(savepoint: contract.Savepoint, undone: () => void = () => undefined) {
    this.savepoint = savepoint;
    this.undone = undone;
  }

  /** Whether the savepoint was neither released nor rolled back. */
  get isOpen(): boolean {
    return this.savepoint !== undefined;
  }

  /** Releases the savepoint and keeps the changes since it was set. */
  async release(): Promise<void> {
    const savepoint = this.take();
    await host(() => sessions.Savepoint.release(savepoint));
  }

  /** Rolls back the changes since the savepoint was set. */
  async rollback(): Promise<void> {
    const savepoint = this.take();
    this.undone();
    await host(() => sessions.Savepoint.rollback(savepoint));
  }

  private take(): contract.Savepoint {
    const { savepoint } = this;
    if (!savepoint) throw new ClosedError({ code: "closed", message: "the savepoint has ended already" });
    this.savepoint = undefined;
    return savepoint;
  }
}
