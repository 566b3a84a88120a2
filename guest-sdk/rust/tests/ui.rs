//! The compiler's errors for wrong models, wrong queries and wrong plugins.

#[test]
fn ui() {
    // A passing case would make trybuild compile everything to the end, in twice the time: those are in `tests/compiles`.
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
