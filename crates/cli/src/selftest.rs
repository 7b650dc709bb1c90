//! `apical selftest`.

use std::time::Instant;

use crate::Outcome;

/// Runs every validation case; false when one is beyond its limit.
pub fn run(json: bool) -> Outcome {
    let start = Instant::now();
    let mut checks = Vec::new();
    for case in apical::validation::cases() {
        tell!("{} ...", case.name);
        checks.extend((case.run)()?);
    }
    let failed = checks.iter().filter(|c| !c.pass).count();
    if json {
        say!("{}", serde_json::to_string_pretty(&checks).unwrap_or_default());
    } else {
        for check in &checks {
            let verdict = if check.pass { "pass" } else { "FAIL" };
            say!("{verdict}  {:<75} {:10.3e}  (limit {:e})", check.name, check.value, check.limit);
        }
        say!("{} passed, {failed} failed", checks.len() - failed);
    }
    tell!("{:.1} s", start.elapsed().as_secs_f64());
    Ok(failed == 0)
}
