// Package export is what the generated file sqlservice_gen.go calls: it carries calls of the host to Go functions.
//
// Code that is written by hand has no use for it.
package export

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"

// Function is an exported Go function.
type Function = abi.Function

// New makes an export of a Go function.
func New(function any) *Function { return abi.NewFunction(function) }

// Done takes back the memory of the last result, which the host has read.
func Done() { abi.Done() }

// The bits of core values.
var (
	// I32 is the bits of an i32.
	I32 = abi.FromI32
	// I64 is the bits of an i64.
	I64 = abi.FromI64
	// F32 is the bits of an f32.
	F32 = abi.FromF32
	// F64 is the bits of an f64.
	F64 = abi.FromF64
	// ToF32 is the f32 of its bits.
	ToF32 = abi.ToF32
	// ToF64 is the f64 of its bits.
	ToF64 = abi.ToF64
)
