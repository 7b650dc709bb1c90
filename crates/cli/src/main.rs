//! The `apical` command.
fn main() {}
