//! What the compiler says about mistakes. After a change: `TRYBUILD=overwrite cargo test -p kafka-sdk --test typed ui`, and
//! read what it wrote.

#[test]
fn mistakes_are_explained_where_they_were_made() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/mistake.rs");
}
