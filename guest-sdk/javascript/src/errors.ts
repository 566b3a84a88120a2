import type { Failure } from "./contract.ts";

/** The error of a failed database call. */
export class DatabaseError extends Error {
  /** The error code, to branch on. The contract's list of codes may grow. */
  readonly code: string;
  /** The SQLSTATE of five characters, if the database reported one. */
  readonly sqlstate: string | undefined;
  /** Whether the same transaction can succeed if it is begun again. */
  readonly retryable: boolean;
  /** The name of the constraint, if the database reports it. */
  readonly constraint: string | undefined;
  /** The table, if it is known. */
  readonly table: string | undefined;
  /** The columns, if they are known. */
  readonly columns: readonly string[];
  /** The position of the failing change in a flush, or of the offending node in a statement. */
  readonly position: number | undefined;
  /** Further details of this code, by name. */
  readonly details: ReadonlyMap<string, string>;

  constructor(failure: Partial<Failure> & Pick<Failure, "code" | "message">) {
    super(failure.message);
    this.name = new.target.name;
    this.code = failure.code;
    this.sqlstate = failure.sqlstate ?? undefined;
    this.retryable = failure.retryable ?? false;
    this.constraint = failure.constraint ?? undefined;
    this.table = failure.table ?? undefined;
    this.columns = failure.columns ?? [];
    this.position = failure.position ?? undefined;
    this.details = new Map((failure.details ?? []).map(({ name, value }) => [name, value]));
  }
}

/** A constraint was broken. */
export class ConstraintError extends DatabaseError {}
/** A unique constraint, a unique index or a primary key was broken. */
export class UniqueViolation extends ConstraintError {}
/** A foreign key was broken, from either side. */
export class ForeignKeyViolation extends ConstraintError {}
/** A null in a column that does not allow it. */
export class NotNullViolation extends ConstraintError {}
/** A check constraint was broken. */
export class CheckViolation extends ConstraintError {}

/** Access that was not granted: to a database, by a table's policy, to SQL text. */
export class DeniedError extends DatabaseError {}
/** A table or a column that does not exist. */
export class NotFoundError extends DatabaseError {}
/** An operation that this database or the contract does not support. Nothing was sent. */
export class UnsupportedError extends DatabaseError {}
/** A malformed statement, model or argument. */
export class InvalidError extends DatabaseError {}
/** Expected rows did not match: other transactions changed or deleted them. */
export class StaleDataError extends DatabaseError {}
/** One row was required and there was none. */
export class NoResultError extends DatabaseError {}
/** At most one row was allowed and there were more. */
export class MultipleResultsError extends DatabaseError {}
/** The transaction lost against another one: a conflict, a deadlock, a lock that was not free. */
export class ConcurrencyError extends DatabaseError {}
/** A value that the database cannot hold or compute. */
export class DataError extends DatabaseError {}
/** The transaction's state does not allow the operation. */
export class TransactionError extends DatabaseError {}
/** Use of a closed object, such as a session or a savepoint. */
export class ClosedError extends DatabaseError {}
/** A limit or a timeout was reached, or the call was cancelled. */
export class LimitError extends DatabaseError {}
/** The connection was lost or could not be acquired. */
export class ConnectionError extends DatabaseError {}

/** A value of the wrong type for its column, detected before anything is sent. */
export class TypeMismatchError extends TypeError {
  readonly code = "type-mismatch";
  /** The column or the place that the value was meant for. */
  readonly columns: readonly string[];

  constructor(place: string, expected: string, got: unknown) {
    super(`${place}: expected ${expected}, got ${describe(got)}`);
    this.name = "TypeMismatchError";
    this.columns = [place];
  }
}

/**
 * A number out of the range of its type, detected before anything is sent; or one that a `number` cannot hold exactly.
 */
export class OutOfRangeError extends RangeError {
  readonly code = "type-mismatch";
  /** The column or the place that the value was meant for or came from. */
  readonly columns: readonly string[];

  constructor(place: string, range: string, got: unknown) {
    super(`${place}: ${describe(got)} is out of range: ${range}`);
    this.name = "OutOfRangeError";
    this.columns = [place];
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === "number" || typeof value === "bigint") return `the ${typeof value} ${value}`;
  if (typeof value === "object") return `an object of ${value.constructor?.name ?? "no class"}`;
  return `a ${typeof value}`;
}

type Class = new (failure: Failure) => DatabaseError;

const CLASSES: Readonly<Record<string, Class>> = {
  "no-such-database": DeniedError,
  denied: DeniedError,
  "no-such-table": NotFoundError,
  "no-such-column": NotFoundError,
  unsupported: UnsupportedError,
  invalid: InvalidError,
  "type-mismatch": InvalidError,
  "unique-violation": UniqueViolation,
  "foreign-key-violation": ForeignKeyViolation,
  "not-null-violation": NotNullViolation,
  "check-violation": CheckViolation,
  "constraint-violation": ConstraintError,
  "stale-data": StaleDataError,
  "no-result": NoResultError,
  "multiple-results": MultipleResultsError,
  "serialization-failure": ConcurrencyError,
  deadlock: ConcurrencyError,
  "lock-not-available": ConcurrencyError,
  data: DataError,
  "pending-rollback": TransactionError,
  "transaction-closed": TransactionError,
  "already-begun": TransactionError,
  busy: TransactionError,
  closed: ClosedError,
  "pool-timeout": ConnectionError,
  disconnected: ConnectionError,
  "outcome-unknown": ConnectionError,
  timeout: LimitError,
  cancelled: LimitError,
  limit: LimitError,
};

/** Creates an error of the class for a failure's code. */
export function errorOf(failure: Failure): DatabaseError {
  return new (CLASSES[failure.code] ?? DatabaseError)(failure);
}

function isFailure(thrown: unknown): thrown is Failure {
  return (
    typeof thrown === "object" && thrown !== null && "code" in thrown && "retryable" in thrown && "details" in thrown
  );
}

/** Converts a thrown failure of the contract to a {@link DatabaseError}. Returns any other thrown value unchanged. */
export function asError(thrown: unknown): unknown {
  const payload = thrown instanceof Error && "payload" in thrown ? thrown.payload : thrown;
  return isFailure(payload) && !(payload instanceof DatabaseError) ? errorOf(payload) : thrown;
}

/** Runs a call of the contract and converts its failures to the SDK's errors. */
export async function host<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw asError(thrown);
  }
}
