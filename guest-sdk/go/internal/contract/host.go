package contract

import (
	"errors"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"
)

// outcome is result<T, failure>.
type outcome[T any] = abi.Result[T, Failure]

// none is a result without a value.
type none struct{}

// call calls a function of the host that can fail.
func call[T any](function func(a *abi.Arena, result uint32)) (T, *Failure) {
	got, err := abi.Import[outcome[T]](function)
	if err != nil {
		return got.Ok, failed(err)
	}
	if got.IsErr {
		return got.Ok, &got.Err
	}
	return got.Ok, nil
}

// failed returns the failure of a value that could not be encoded; nil without an error.
func failed(err error) *Failure {
	if err == nil {
		return nil
	}
	failure := &Failure{Code: "other", Message: err.Error()}
	var refused *abi.EncodeError
	if errors.As(err, &refused) {
		failure.Code = refused.Code
	}
	return failure
}

func do(function func(a *abi.Arena, result uint32)) *Failure {
	_, failure := call[none](function)
	return failure
}

// tell calls a function of the host that cannot fail.
func tell[T any](function func(a *abi.Arena, result uint32)) T {
	got, _ := abi.Import[T](function)
	return got
}

// core is the arguments of a call as core values.
type core struct {
	arena  *abi.Arena
	values []uint64
}

func newCore(a *abi.Arena) *core { return &core{a, make([]uint64, 0, 16)} }

func lower[T any](c *core, value T) { c.values = abi.LowerValue(c.arena, &value, c.values) }

func (c *core) i(position int) uint32 { return uint32(c.values[position]) }

// Milliseconds converts a duration to the contract's milliseconds, at least 1.
func Milliseconds(d time.Duration) *uint32 {
	ms := uint32(min(max(d.Milliseconds(), 1), 1<<32-1))
	return &ms
}

// Database is databases.database.
type Database struct{ Handle Handle }

// Declared is encoded models.
type Declared struct{ flat []uint64 }

// Declare encodes models once, for every Open.
func Declare(models Models) (Declared, *Failure) {
	flat, err := abi.Keep(&models)
	return Declared{flat}, failed(err)
}

// Open opens a database.
func Open(name string, models Declared) (Database, *Failure) {
	h, failure := call[Handle](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, name)
		m := models.flat
		databaseOpen(c.i(0), c.i(1), uint32(m[0]), uint32(m[1]), uint32(m[2]), uint32(m[3]), result)
	})
	return Database{h}, failure
}

func (d Database) h() uint32 { return uint32(d.Handle) }

// Drop releases the handle.
func (d Database) Drop() { databaseDrop(d.h()) }

// Dialect returns the database's kind.
func (d Database) Dialect() string {
	return tell[string](func(_ *abi.Arena, result uint32) { databaseDialect(d.h(), result) })
}

// Capabilities returns the database's optional features.
func (d Database) Capabilities() []string {
	return tell[[]string](func(_ *abi.Arena, result uint32) { databaseCapabilities(d.h(), result) })
}

// Limits returns the limits in force.
func (d Database) Limits() []Limit {
	return tell[[]Limit](func(_ *abi.Arena, result uint32) { databaseLimits(d.h(), result) })
}

// Tables returns the declared and reflected tables.
func (d Database) Tables() []Table {
	return tell[[]Table](func(_ *abi.Arena, result uint32) { databaseTables(d.h(), result) })
}

// Ping checks that the database can be reached.
func (d Database) Ping() *Failure {
	return do(func(_ *abi.Arena, result uint32) { databasePing(d.h(), result) })
}

// Connect opens a session with a connection of its own.
func (d Database) Connect() (Session, *Failure) {
	h, failure := call[Handle](func(_ *abi.Arena, result uint32) { databaseConnect(d.h(), result) })
	return Session{h}, failure
}

// Session opens a session.
func (d Database) Session() (Session, *Failure) {
	h, failure := call[Handle](func(_ *abi.Arena, result uint32) { databaseSession(d.h(), result) })
	return Session{h}, failure
}

// Begin opens a session in a transaction.
func (d Database) Begin(o TransactionOptions) (Session, *Failure) {
	h, failure := call[Handle](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, o)
		databaseBegin(d.h(), c.i(0), c.i(1), c.i(2), c.i(3), result)
	})
	return Session{h}, failure
}

// CreateAll creates tables.
func (d Database) CreateAll(o DDLOptions) ([]string, *Failure) {
	return call[[]string](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, o)
		databaseCreateAll(d.h(), c.i(0), c.i(1), c.i(2), result)
	})
}

// DropAll drops tables.
func (d Database) DropAll(o DDLOptions) ([]string, *Failure) {
	return call[[]string](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, o)
		databaseDropAll(d.h(), c.i(0), c.i(1), c.i(2), result)
	})
}

// Reflect reads tables.
func (d Database) Reflect(o ReflectOptions) ([]Table, *Failure) {
	return call[[]Table](func(a *abi.Arena, result uint32) {
		c := newCore(a)
		lower(c, o)
		databaseReflect(d.h(), c.i(0), c.i(1), c.i(2), c.i(3), c.i(4), c.i(5), result)
	})
}
