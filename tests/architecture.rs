//! ARCHITECTURE.md names paths that exist, and modules use only what stands to their left.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_path_that_the_architecture_names_exists() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let quoted = text.split("```").step_by(2).flat_map(|part| part.split('`').skip(1).step_by(2));
    let roots = ["src", "crates", "tests", "docs", "xtask", "morphologies", "mechanisms", "models"];
    let mut seen = 0;
    for name in quoted {
        if !roots.iter().any(|r| name == *r || name.starts_with(&format!("{r}/"))) {
            continue;
        }
        seen += 1;
        let there = root().join(name).exists() || root().join(format!("{name}.rs")).exists();
        assert!(there, "ARCHITECTURE.md names `{name}`, which does not exist");
    }
    assert!(seen > 15, "only {seen} paths found");
}

/// The modules of the library from left to right; a module may use those before it.
const ORDER: [&str; 18] = [
    "error",
    "units",
    "morphology",
    "cell",
    "discretize",
    "mechanism",
    "model",
    "network",
    "lower",
    "record",
    "engine",
    "describe",
    "analysis",
    "plot",
    "output",
    "validation",
    "workload",
    "lib",
];

#[test]
fn no_module_uses_what_stands_to_its_right() {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    assert!(files.len() > 20);
    for file in files {
        let relative = file.strip_prefix(root().join("src")).unwrap();
        let module = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        let own = ORDER
            .iter()
            .position(|m| *m == module)
            .unwrap_or_else(|| panic!("{module} has no place in the order"));
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|l| !l.trim_start().starts_with("//")) {
            for rest in line.split("crate::").skip(1) {
                let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let Some(place) = ORDER.iter().position(|m| *m == used) else { continue };
                assert!(place <= own || module == "lib", "{}: {module} uses {used}", relative.display());
            }
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}
