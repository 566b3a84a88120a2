// Package export is called by the generated file sqlservice_gen.go. It passes the host's calls on to Go functions.
//
// Handwritten code does not need it.
package export

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"

// Function is an exported Go function.
type Function = abi.Function

// New makes an export of a Go function.
func New(function any) *Function { return abi.NewFunction(function) }

// Done frees the memory of the last result, which the host has read.
func Done() { abi.Done() }

// Conversions between core values and their bits.
var (
	// I32 is the bits of an i32.
	I32 = abi.FromI32
	// I64 is the bits of an i64.
	I64 = abi.FromI64
	// F32 is the bits of an f32.
	F32 = abi.FromF32
	// F64 is the bits of an f64.
	F64 = abi.FromF64
	// ToF32 is the f32 with given bits.
	ToF32 = abi.ToF32
	// ToF64 is the f64 with given bits.
	ToF64 = abi.ToF64
)
