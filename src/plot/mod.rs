//! Figures as SVG: cells, traces and spikes, side by side.
//!
//! In come morphologies, results and values; out goes the text of an SVG file. Axes carry names with units, a cell
//! carries a scale bar; the colours are those of Okabe & Ito, told apart by colour-blind readers too.

use crate::morphology::Morphology;
use crate::record::Results;

mod axes;
mod cell;
mod svg;

pub use cell::Marker;
use svg::Svg;

/// Colours of traces and markers, in order.
pub const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555"];

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 560.0;

/// A cell alone: neurites as thick as they are (half a pixel at least), coloured by kind, with a scale bar.
pub fn morphology(morphology: &Morphology, title: &str) -> String {
    let mut svg = Svg::new(700.0, 760.0);
    svg.text(350.0, 30.0, title, 17.0, "middle");
    cell::draw(&mut svg, morphology, &[], [20.0, 50.0, 660.0, 690.0]);
    svg.finish()
}

/// What a run leaves: the cell with its electrodes and synapses at the left, traces and spikes at the right.
pub fn run(title: &str, shape: &Morphology, markers: &[Marker], results: &Results) -> String {
    let mut svg = Svg::new(WIDTH, HEIGHT);
    svg.text(WIDTH / 2.0, 28.0, title, 17.0, "middle");
    cell::draw(&mut svg, shape, markers, [10.0, 45.0, 380.0, HEIGHT - 60.0]);
    axes::traces(&mut svg, results, [470.0, 50.0, WIDTH - 500.0, HEIGHT - 110.0]);
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::label::Location;
    use crate::morphology::{Point, Section, Shape};
    use crate::record::{Spikes, Trace};

    fn cell() -> Morphology {
        let point = |x: f64, y: f64| Point { x, y, z: 0.0, diameter: 2.0 };
        let soma = Section::new("soma", 1, Shape::Points(vec![point(0.0, -10.0), point(0.0, 10.0)]));
        let dendrite =
            Section::new("dend <&>", 3, Shape::Points(vec![point(0.0, 10.0), point(150.0, 300.0)]));
        Morphology::from_sections(vec![soma, dendrite.joined(0, 1.0)]).unwrap()
    }

    #[test]
    fn a_run_is_well_formed_svg_with_units_and_keeps_extremes() {
        let n = 20_001;
        let mut values: Vec<f64> = (0..n).map(|i| -65.0 + (i as f64 * 0.01).sin()).collect();
        values[12_345] = 40.0;
        values[77] = f64::NAN;
        let results = Results {
            time: (0..n).map(|i| i as f64 * 0.025).collect(),
            traces: vec![Trace { name: "v@<soma>".into(), unit: "mV".into(), values }],
            spikes: vec![Spikes { detector: "soma".into(), times: vec![308.6] }],
        };
        let marker = Marker { name: "clamp".into(), locations: vec![Location { section: 1, x: 0.5 }] };
        let text = run("a & b", &cell(), &[marker], &results);
        let document = roxmltree::Document::parse(&text).unwrap();
        assert!(text.len() < 300_000, "{} bytes", text.len());
        let words: Vec<&str> = document.descendants().filter_map(|n| n.text()).collect();
        assert!(words.contains(&"time (ms)") && words.iter().any(|w| w.contains("(mV)")), "{words:?}");
        assert!(!text.contains("NaN"));
        // The spike is one sample of twenty thousand: the highest point of the trace must reach the top of the axes.
        let trace = document.descendants().find(|n| n.attribute("class") == Some("trace")).unwrap();
        let ys = trace
            .attribute("d")
            .unwrap()
            .split(['M', 'L'])
            .filter_map(|p| p.trim().split_once(' ')?.1.parse().ok());
        let ys: Vec<f64> = ys.collect();
        let (top, bottom) = ys.iter().fold((f64::MAX, f64::MIN), |(t, b), &y| (t.min(y), b.max(y)));
        assert!((bottom - top) / 106.0 > 2.0, "the spike is lost: {top} to {bottom}");
    }

    #[test]
    fn the_scale_bar_is_as_long_as_it_says() {
        let text = morphology(&cell(), "cell");
        let document = roxmltree::Document::parse(&text).unwrap();
        let bar = document.descendants().find(|n| n.attribute("class") == Some("scale")).unwrap();
        let at = |name: &str| bar.attribute(name).unwrap().parse::<f64>().unwrap();
        let label = document.descendants().filter_map(|n| n.text()).find(|t| t.ends_with("µm")).unwrap();
        let micrometres: f64 = label.trim_end_matches(" µm").parse().unwrap();
        // The drawing is 690 pixels for 310 µm and 660 for 150 µm: the height decides.
        let expected = micrometres * 690.0 * 0.94 / 310.0;
        assert!(
            (at("x2") - at("x1") - expected).abs() < 0.01 * expected,
            "{} {expected}",
            at("x2") - at("x1")
        );
    }
}
