;; Writes so many pages of 4,096 bytes to the standard output and as many to the standard error.
(component $component
  (import "wasi:io/error@0.2.0" (instance $errors (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer $component $error (type $error-is))
    (export "error" (type $error (eq $error-is)))
    (export "output-stream" (type $stream (sub resource)))
    (type $failed-is (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $failed (eq $failed-is)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $stream)) (param "contents" (list u8)) (result (result (error $failed)))))))
  (alias export $streams "output-stream" (type $stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer $component $stream (type $stream-is))
    (export "output-stream" (type $stream (eq $stream-is)))
    (export "get-stdout" (func (result (own $stream))))))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (alias outer $component $stream (type $stream-is))
    (export "output-stream" (type $stream (eq $stream-is)))
    (export "get-stderr" (func (result (own $stream))))))
  (core module $memory-module (memory (export "memory") 1))
  (core instance $memory (instantiate $memory-module))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $get-stderr (canon lower (func $stderr "get-stderr")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory "memory")))
  (core module $main
    (import "" "get-stdout" (func $get-stdout (result i32)))
    (import "" "get-stderr" (func $get-stderr (result i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "run") (param $pages i32) (result i32)
      (local $out i32) (local $err i32) (local $at i32)
      (local.set $out (call $get-stdout))
      (local.set $err (call $get-stderr))
      (loop
        (call $write (local.get $out) (i32.const 4096) (i32.const 4096) (i32.const 16))
        (call $write (local.get $err) (i32.const 4096) (i32.const 4096) (i32.const 16))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $at) (local.get $pages))))
      (local.get $at)))
  (core instance $i (instantiate $main (with "" (instance
    (export "get-stdout" (func $get-stdout))
    (export "get-stderr" (func $get-stderr))
    (export "write" (func $write))))))
  (func (export "run") async (param "pages" u32) (result u32) (canon lift (core func $i "run"))))
