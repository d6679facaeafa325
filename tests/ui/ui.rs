//! Compile errors for wrong uses of a module. The expected text of each error is stored beside its case.

#[test]
fn every_wrong_use_is_told_what_to_do() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("cases/*.rs");
}
