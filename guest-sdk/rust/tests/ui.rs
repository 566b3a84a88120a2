//! What the compiler says about wrong models, wrong queries and wrong plugins.

#[test]
fn ui() {
    // One that compiles would have everything compiled to the end, which takes twice as long: these are in `tests/compiles`.
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
