package abi

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync"
	"unsafe"
)

var (
	// callLock protects the arenas, which all calls share.
	callLock  sync.Mutex
	arguments = Arena{most: callBytes}
	outgoing  = Arena{most: callBytes}
)

// Import calls the host: call writes arguments into the arena and passes the address for the result.
// For an argument that cannot be encoded it returns an *EncodeError and does not call the host.
func Import[R any](call func(a *Arena, result uint32)) (out R, err error) {
	if !hasHost {
		return out, &EncodeError{"unsupported", "this program does not run in sqlservice: build it by `sqlservice build`"}
	}
	yield()
	callLock.Lock()
	defer callLock.Unlock()
	defer catch(&err)
	arguments.Reset()
	takeBackResults()
	t := TypeFor[R]()
	at := arguments.Alloc(t.size, t.align)
	call(&arguments, at)
	t.Load(at, unsafe.Pointer(&out))
	return out, nil
}

// calls is the number of calls of the host since the last yield to other goroutines.
var calls int

// yield lets the garbage collector run now and then: nothing else preempts a goroutine that computes. It is not called each time,
// as it unwinds the WebAssembly stack and rewinds it.
func yield() {
	if calls++; calls >= 32 || arguments.taken+results.taken > 64<<10 {
		calls = 0
		runtime.Gosched()
	}
}

func catch(err *error) {
	if r := recover(); r != nil {
		refused, ok := r.(*EncodeError)
		if !ok {
			panic(r)
		}
		*err = refused
	}
}

// StoreValue writes a value to the arena and returns its address.
func StoreValue[T any](a *Arena, value *T) uint32 {
	t := TypeFor[T]()
	at := a.Alloc(t.size, t.align)
	t.Store(a, unsafe.Pointer(value), at)
	return at
}

// kept has encoded values that are passed to the host repeatedly.
var kept Arena

// Keep encodes a value permanently, and returns its core values.
func Keep[T any](value *T) (flat []uint64, err error) {
	callLock.Lock()
	defer callLock.Unlock()
	defer catch(&err)
	return TypeFor[T]().Lower(&kept, unsafe.Pointer(value), nil), nil
}

// LowerValue appends the core values of a value.
func LowerValue[T any](a *Arena, value *T, out []uint64) []uint64 {
	return TypeFor[T]().Lower(a, unsafe.Pointer(value), out)
}

// Function is an exported Go function.
type Function struct {
	call       reflect.Value
	params     *Type
	result     *Type
	hasContext bool
	hasError   bool
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// NewFunction makes an export of a Go function. It panics for types that have no counterpart in WIT.
func NewFunction(function any) *Function {
	f := &Function{call: reflect.ValueOf(function)}
	t := f.call.Type()
	var params []reflect.StructField
	for i := range t.NumIn() {
		if i == 0 && t.In(0) == contextType {
			f.hasContext = true
			continue
		}
		params = append(params, reflect.StructField{Name: fmt.Sprint("P", i), Type: t.In(i)})
	}
	f.params = TypeOf(reflect.StructOf(params))
	outs := t.NumOut()
	if outs > 0 && t.Out(outs-1) == errorType {
		f.hasError = true
		outs--
	}
	if outs > 0 {
		f.result = TypeOf(t.Out(0))
	}
	return f
}

// Call runs the function with the host's arguments, and returns the result that the host expects: a core value, or
// the address of the result.
func (f *Function) Call(flat ...uint64) uint64 {
	arguments := reflect.New(f.params.goType)
	if len(f.params.flat) > 16 {
		f.params.Load(uint32(flat[0]), arguments.UnsafePointer())
	} else {
		f.params.Lift(flat, arguments.UnsafePointer())
	}
	takeBackResults()
	value, err := f.run(arguments.Elem())
	callLock.Lock()
	defer callLock.Unlock()
	outgoing.Reset()
	if !f.hasError {
		return f.lowerPlain(value)
	}
	at, err2 := f.storeResult(value, err)
	if err2 != nil {
		at, _ = f.storeResult(reflect.Value{}, err2)
	}
	return uint64(at)
}

func (f *Function) run(arguments reflect.Value) (value reflect.Value, err error) {
	if f.hasError {
		defer func() {
			if r := recover(); r != nil {
				fmt.Fprintf(os.Stderr, "panic: %v\n%s", r, debug.Stack())
				err = fmt.Errorf("panic: %v", r)
			}
		}()
	}
	var in []reflect.Value
	if f.hasContext {
		in = append(in, reflect.ValueOf(context.Background()))
	}
	for i := range arguments.NumField() {
		in = append(in, arguments.Field(i))
	}
	out := f.call.Call(in)
	if f.hasError {
		err, _ = out[len(out)-1].Interface().(error)
	}
	if f.result != nil {
		value = out[0]
	}
	return value, err
}

func (f *Function) lowerPlain(value reflect.Value) uint64 {
	if f.result == nil {
		return 0
	}
	box := reflect.New(f.result.goType)
	box.Elem().Set(value)
	if len(f.result.flat) == 1 {
		return f.result.Lower(&outgoing, box.UnsafePointer(), nil)[0]
	}
	at := outgoing.Alloc(f.result.size, f.result.align)
	f.result.Store(&outgoing, box.UnsafePointer(), at)
	return uint64(at)
}

// storeResult writes a result<T, string>.
func (f *Function) storeResult(value reflect.Value, failed error) (at uint32, err error) {
	defer catch(&err)
	text := TypeFor[string]()
	size, align := text.size, text.align
	if f.result != nil {
		size, align = max(size, f.result.size), max(align, f.result.align)
	}
	at = outgoing.Alloc(alignTo(alignTo(1, align)+size, align), align)
	if failed != nil {
		*(*uint8)(At(at)) = 1
		message := toValid(failed.Error())
		text.Store(&outgoing, unsafe.Pointer(&message), at+align)
		return at, nil
	}
	*(*uint8)(At(at)) = 0
	if f.result != nil {
		box := reflect.New(f.result.goType)
		box.Elem().Set(value)
		f.result.Store(&outgoing, box.UnsafePointer(), at+align)
	}
	return at, nil
}

// Done frees the memory of an export's result, which the host has read.
func Done() { outgoing.Reset() }

// HeldBytes returns the number of bytes that the arenas of calls hold.
func HeldBytes() int { return arguments.Size() + outgoing.Size() + results.Size() + kept.Size() }
