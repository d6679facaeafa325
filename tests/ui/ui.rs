//! What the compiler says to whoever uses a module wrongly: each text is kept beside its case.

#[test]
fn every_wrong_use_is_told_what_to_do() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("cases/*.rs");
}
