package sqlservice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Error is a failure of the database, the host or this package. Extract it by errors.As, or compare by errors.Is with one of the
// Err values below.
type Error struct {
	// Code is the kind of failure, by its name in the contract: "unique-violation", "deadlock", …
	Code string
	// Message describes the failure and its remedy, for people.
	Message string
	// SQLState is the database's five-character SQLSTATE; empty where it returned none.
	SQLState string
	// Retryable is whether the same transaction, begun again, can succeed.
	Retryable bool
	// Constraint is the constraint's name, where the database reports it.
	Constraint string
	// Table is the table, where it is known.
	Table string
	// Columns are the columns of a constraint, or the column that is missing or has the wrong type.
	Columns []string
	// Position is the index of the failing change in a flush, or of the offending node in a statement; -1 where there is none.
	Position int
	// Details are values that only errors of this code have, by name.
	Details map[string]string
	// cause is the error of a context; nil without one.
	cause error
}

// Errors for comparison by errors.Is.
var (
	ErrNoSuchDatabase       = code("no-such-database")
	ErrDenied               = code("denied")
	ErrNoSuchTable          = code("no-such-table")
	ErrNoSuchColumn         = code("no-such-column")
	ErrUnsupported          = code("unsupported")
	ErrInvalid              = code("invalid")
	ErrTypeMismatch         = code("type-mismatch")
	ErrUniqueViolation      = code("unique-violation")
	ErrForeignKeyViolation  = code("foreign-key-violation")
	ErrNotNullViolation     = code("not-null-violation")
	ErrCheckViolation       = code("check-violation")
	ErrStaleData            = code("stale-data")
	ErrCircularDependency   = code("circular-dependency")
	ErrNoRows               = code("no-result")
	ErrMultipleRows         = code("multiple-results")
	ErrSerializationFailure = code("serialization-failure")
	ErrDeadlock             = code("deadlock")
	ErrLockNotAvailable     = code("lock-not-available")
	ErrPendingRollback      = code("pending-rollback")
	ErrTransactionClosed    = code("transaction-closed")
	ErrAlreadyBegun         = code("already-begun")
	ErrBusy                 = code("busy")
	ErrClosed               = code("closed")
	ErrTimeout              = code("timeout")
	ErrCancelled            = code("cancelled")
	ErrDisconnected         = code("disconnected")
	ErrLimit                = code("limit")
)

func code(word string) error { return &Error{Code: word, Position: -1} }

// Error returns the code and the message.
func (e *Error) Error() string {
	if e.Message == "" {
		return "sqlservice: " + e.Code
	}
	return "sqlservice: " + e.Code + ": " + e.Message
}

// Unwrap returns the context's error, where that is the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the Err value of the same code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Message == "" && other.Code == e.Code
}

// IsRetryable reports whether the same transaction, begun again, can succeed.
func IsRetryable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Retryable
}

func failf(word, format string, args ...any) error {
	return &Error{Code: word, Message: fmt.Sprintf(format, args...), Position: -1}
}

func told(f *contract.Failure) error {
	if f == nil {
		return nil
	}
	e := &Error{Code: f.Code, Message: f.Message, Retryable: f.Retryable, Columns: f.Columns, Position: -1}
	e.SQLState, e.Constraint, e.Table = text(f.SQLState), text(f.Constraint), text(f.Table)
	if f.Position != nil {
		e.Position = int(*f.Position)
	}
	if len(f.Details) > 0 {
		e.Details = map[string]string{}
		for _, d := range f.Details {
			e.Details[d.Name] = d.Value
		}
	}
	return e
}

// toldIn converts a failure as told does. A timeout after the context's deadline also wraps context.DeadlineExceeded.
func toldIn(ctx context.Context, f *contract.Failure) error {
	err := told(f)
	deadline, limited := ctx.Deadline()
	if e, ok := err.(*Error); ok && e.Code == "timeout" && limited && !time.Now().Before(deadline) {
		e.cause = context.DeadlineExceeded
	}
	return err
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
