//! Published benchmarks and exact answers: the cases of `apical selftest`.

#[test]
fn every_case_of_the_self_test_passes() {
    let mut failed = Vec::new();
    for case in apical::validation::cases() {
        for check in (case.run)().unwrap_or_else(|e| panic!("{}: {e}", case.name)) {
            println!("| {} | {:.3e} | {:.1e} |", check.name, check.value, check.limit);
            if !check.pass {
                failed.push(check.name);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
