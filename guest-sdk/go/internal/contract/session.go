package contract

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"

// Session is sessions.session.
type Session struct{ Handle Handle }

func (s Session) h() uint32 { return uint32(s.Handle) }

// Drop releases the handle; the host rolls back an open transaction.
func (s Session) Drop() { sessionDrop(s.h()) }

// Execute runs a statement.
func (s Session) Execute(statement Statement, parameters []Value, options Options) (ResultSet, *Failure) {
	type arguments struct {
		Self       Handle
		Statement  Statement
		Parameters []Value
		Options    Options
	}
	return call[ResultSet](func(a *abi.Arena, result uint32) {
		sessionExecute(abi.StoreValue(a, &arguments{s.Handle, statement, parameters, options}), result)
	})
}

// Prepare compiles a statement.
func (s Session) Prepare(statement Statement) (Prepared, *Failure) {
	type arguments struct {
		Self      Handle
		Statement Statement
	}
	h, failure := call[Handle](func(a *abi.Arena, result uint32) {
		sessionPrepare(abi.StoreValue(a, &arguments{s.Handle, statement}), result)
	})
	return Prepared{h}, failure
}

// Run runs a compiled statement.
func (s Session) Run(prepared Prepared, parameters []Value, options Options) (ResultSet, *Failure) {
	return call[ResultSet](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, parameters)
		lower(c, options)
		sessionRun(s.h(), uint32(prepared.Handle), c.i(0), c.i(1), c.i(2), c.i(3), c.i(4), c.values[5], c.i(6), c.i(7), result)
	})
}

// InsertMany inserts rows by columns.
func (s Session) InsertMany(table string, columns []string, rows Batch, returning []string, options Options) (ResultSet, *Failure) {
	return call[ResultSet](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, table)
		lower(c, columns)
		lower(c, rows)
		lower(c, returning)
		lower(c, options)
		sessionInsertMany(s.h(), c.i(0), c.i(1), c.i(2), c.i(3), c.i(4), c.i(5), c.i(6), c.i(7), c.i(8), c.i(9), c.i(10), c.i(11),
			c.values[12], c.i(13), c.i(14), result)
	})
}

// Load reads rows and related rows.
func (s Session) Load(plan Plan, options Options) (LoadResult, *Failure) {
	type arguments struct {
		Self    Handle
		Plan    Plan
		Options Options
	}
	return call[LoadResult](func(a *abi.Arena, result uint32) {
		sessionLoad(abi.StoreValue(a, &arguments{s.Handle, plan, options}), result)
	})
}

// Flush writes changes.
func (s Session) Flush(changes []Change) ([]Batch, *Failure) {
	return call[[]Batch](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, changes)
		sessionFlush(s.h(), c.i(0), c.i(1), result)
	})
}

// Begin begins a transaction.
func (s Session) Begin(o TransactionOptions) *Failure {
	return do(func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, o)
		sessionBegin(s.h(), c.i(0), c.i(1), c.i(2), c.i(3), result)
	})
}

// BeginNested sets a savepoint.
func (s Session) BeginNested() (Savepoint, *Failure) {
	h, failure := call[Handle](func(_ *abi.Arena, result uint32) { sessionBeginNested(s.h(), result) })
	return Savepoint{h}, failure
}

// Commit commits the transaction.
func (s Session) Commit() *Failure {
	return do(func(_ *abi.Arena, result uint32) { sessionCommit(s.h(), result) })
}

// Rollback rolls the transaction back.
func (s Session) Rollback() *Failure {
	return do(func(_ *abi.Arena, result uint32) { sessionRollback(s.h(), result) })
}

// SetIsolation sets the isolation level of later transactions.
func (s Session) SetIsolation(level Isolation) *Failure {
	return do(func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, level)
		sessionSetIsolation(s.h(), c.i(0), result)
	})
}

// GetIsolation returns the isolation level in force.
func (s Session) GetIsolation() (Isolation, *Failure) {
	return call[Isolation](func(_ *abi.Arena, result uint32) { sessionGetIsolation(s.h(), result) })
}

// Reflect reads tables.
func (s Session) Reflect(o ReflectOptions) ([]Table, *Failure) {
	return call[[]Table](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, o)
		sessionReflect(s.h(), c.i(0), c.i(1), c.i(2), c.i(3), c.i(4), c.i(5), result)
	})
}

// InTransaction reports whether a transaction is open.
func (s Session) InTransaction() bool { return sessionInTransaction(s.h()) != 0 }

// Close rolls back an open transaction and releases the connection. It invalidates the handle.
func (s Session) Close() *Failure {
	return do(func(_ *abi.Arena, result uint32) { sessionClose(s.h(), result) })
}

// Cursor is sessions.cursor.
type Cursor struct{ Handle Handle }

// Drop stops the query.
func (c Cursor) Drop() { cursorDrop(uint32(c.Handle)) }

// NextBatch fetches the next rows; nil at the end.
func (c Cursor) NextBatch(maxRows, maxBytes uint32) (*Batch, *Failure) {
	return call[*Batch](func(_ *abi.Arena, result uint32) { cursorNextBatch(uint32(c.Handle), maxRows, maxBytes, result) })
}

// Prepared is sessions.prepared.
type Prepared struct{ Handle Handle }

// Drop releases the statement.
func (p Prepared) Drop() { preparedDrop(uint32(p.Handle)) }

// Columns returns the columns of the statement's rows.
func (p Prepared) Columns() []ResultColumn {
	return tell[[]ResultColumn](func(_ *abi.Arena, result uint32) { preparedColumns(uint32(p.Handle), result) })
}

// Savepoint is sessions.savepoint.
type Savepoint struct{ Handle Handle }

// Drop makes the host roll back to the savepoint before the next call of its session.
func (s Savepoint) Drop() { savepointDrop(uint32(s.Handle)) }

// Release keeps the changes made since the savepoint. It invalidates the handle.
func (s Savepoint) Release() *Failure {
	return do(func(_ *abi.Arena, result uint32) { savepointRelease(uint32(s.Handle), result) })
}

// Rollback undoes the changes made since the savepoint. It invalidates the handle.
func (s Savepoint) Rollback() *Failure {
	return do(func(_ *abi.Arena, result uint32) { savepointRollback(uint32(s.Handle), result) })
}

// RawExecute runs SQL text.
func RawExecute(s Session, sql string, parameters []Value, options Options) (ResultSet, *Failure) {
	return call[ResultSet](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, sql)
		lower(c, parameters)
		lower(c, options)
		rawExecute(s.h(), c.i(0), c.i(1), c.i(2), c.i(3), c.i(4), c.i(5), c.i(6), c.values[7], c.i(8), c.i(9), result)
	})
}
