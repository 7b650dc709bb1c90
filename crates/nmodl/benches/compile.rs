//! How long a text takes to become checked code: every file of `mechanisms/`, one by one, and their median and longest.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};

fn texts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mechanisms");
    let entries = std::fs::read_dir(folder).expect("the built-in mechanisms");
    let mut texts: Vec<(String, String)> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == "mod"))
        .map(|path| {
            let name = path.file_stem().map_or(String::new(), |n| n.to_string_lossy().into_owned());
            (name, std::fs::read_to_string(path).expect("a text"))
        })
        .collect();
    texts.sort();
    texts
}

fn compile(criterion: &mut Criterion) {
    let texts = texts();
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(20).warm_up_time(std::time::Duration::from_millis(200));
    group.measurement_time(std::time::Duration::from_millis(500));
    for (name, text) in &texts {
        group.bench_function(name.as_str(), |b| b.iter(|| apical_nmodl::compile(black_box(text))));
    }
    group.finish();
    let mut times: Vec<(f64, &str)> = texts.iter().map(|(name, text)| (best(text), name.as_str())).collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let (Some(median), Some(longest)) = (times.get(times.len() / 2), times.last()) {
        let count = times.len();
        println!(
            "{count} files: median {:.3} ms ({}), longest {:.3} ms ({})",
            median.0, median.1, longest.0, longest.1
        );
    }
}

/// The shortest of ten compilations, ms.
fn best(text: &str) -> f64 {
    let once = || {
        let start = Instant::now();
        black_box(apical_nmodl::compile(black_box(text))).expect("a built-in mechanism compiles");
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..10).map(|_| once()).fold(f64::INFINITY, f64::min)
}

criterion_group!(benches, compile);
criterion_main!(benches);
