//! `cargo xtask morphologies`: the cells of `morphologies/`, made by growth towards scattered points.
//!
//! In come a shape (where dendrites may go, how densely, how thick) and a seed; out goes an SWC file whose header says
//! how it was made. Only additions, products and square roots are used, so that every machine makes the same bytes.

use std::process::ExitCode;

mod cells;
mod grow;
mod swc;

/// Makes every file, or checks that the committed ones are what would be made.
pub fn run(check: bool) -> ExitCode {
    let folder = crate::root().join("morphologies");
    let mut different = 0;
    for (name, text) in cells::all() {
        let path = folder.join(name);
        if check {
            if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
                eprintln!("morphologies/{name} differs from what `cargo xtask morphologies` makes");
                different += 1;
            }
        } else if let Err(error) = std::fs::write(&path, text) {
            eprintln!("cannot write morphologies/{name}: {error}");
            return ExitCode::from(2);
        } else {
            println!("wrote morphologies/{name}");
        }
    }
    if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::cells;

    #[test]
    fn the_committed_files_are_what_the_generator_makes() {
        for (name, text) in cells::all() {
            let committed = std::fs::read_to_string(crate::root().join("morphologies").join(name)).unwrap();
            assert!(committed == text, "{name}: run `cargo xtask morphologies`");
        }
    }

    /// Total dendritic length (µm) and number of dendritic tips, in the ranges that the headers cite.
    #[test]
    fn lengths_and_tips_lie_in_the_published_ranges() {
        let ranges = [
            ("layer5_pyramidal.swc", 9_000.0..16_000.0, 60..120),
            ("ca1_pyramidal.swc", 9_000.0..14_500.0, 60..150),
            ("layer4_stellate.swc", 1_800.0..4_000.0, 18..40),
            ("purkinje.swc", 5_000.0..10_000.0, 250..700),
            ("mso_bipolar.swc", 250.0..900.0, 2..16),
        ];
        for (name, length, tips) in ranges {
            let cell = apical::Morphology::load(crate::root().join("morphologies").join(name)).unwrap();
            let by_tag = cell.length_by_tag();
            let dendrites: f64 = [3, 4].iter().filter_map(|t| by_tag.get(t)).sum();
            println!("{name}: {dendrites:.0} um, {} tips, {} sections", cell.tips(), cell.sections.len());
            assert!(length.contains(&dendrites), "{name}: {dendrites} um");
            assert!(tips.contains(&cell.tips()), "{name}: {} tips", cell.tips());
        }
    }
}
