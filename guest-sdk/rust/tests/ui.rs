//! What the compiler says about wrong models, wrong queries and wrong plugins; and right ones of unusual shapes.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/wrong/*.rs");
    cases.pass("tests/ui/right/*.rs");
}
