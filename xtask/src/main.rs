//! Tasks of the repository: `cargo xtask ci`, `cargo xtask morphologies`.
fn main() {}
