//! Figures as SVG: cells, traces and spikes, side by side; and panels of curves, points, bars, rasters and maps.
//!
//! In come morphologies, results and values; out goes the text of an SVG file. Axes carry names with units, a cell
//! carries a scale bar; the colours are those of Okabe & Ito, told apart by colour-blind readers too.

use crate::morphology::Morphology;
use crate::record::Results;

mod axes;
mod cell;
mod figure;
mod svg;

pub use cell::Marker;
pub use figure::{Axis, Figure, Layer, Panel};
use svg::Svg;

/// Colours of traces and markers, in order.
pub const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555"];

const WIDTH: f64 = 1000.0;
/// The least height; every set of axes beyond the second and every row of spikes adds to it.
const HEIGHT: f64 = 560.0;

/// A cell alone: neurites as thick as they are (half a pixel at least), coloured by kind, with a scale bar.
pub fn morphology(morphology: &Morphology, title: &str) -> String {
    const WIDTH: f64 = 700.0;
    let kinds = cell::kinds(morphology);
    let size = cell::Extent::of(morphology).size();
    // As high as the cell needs that fills the width, within reason.
    let drawing = ((WIDTH - 40.0) * size[1] / size[0]).clamp(160.0, 690.0);
    let height = drawing + 18.0 * kinds.len() as f64;
    let mut svg = Svg::new(WIDTH, height + 70.0);
    svg.title(WIDTH, title);
    cell::draw(&mut svg, morphology, &[], &kinds, [20.0, 50.0, WIDTH - 40.0, height]);
    svg.finish()
}

/// What a run leaves: the cell with its electrodes and synapses at the left, traces and spikes at the right.
pub fn run(title: &str, shape: &Morphology, markers: &[Marker], results: &Results) -> String {
    let height = HEIGHT.max(110.0 + axes::height(results));
    let mut svg = Svg::new(WIDTH, height);
    svg.title(WIDTH, title);
    cell::draw(&mut svg, shape, markers, &cell::marks(markers), [10.0, 45.0, 380.0, height - 60.0]);
    axes::traces(&mut svg, results, [470.0, 50.0, WIDTH - 500.0, height - 110.0]);
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
            ..Results::default()
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

    /// What a drawing consists of: class or name, with the numbers of an attribute.
    fn numbers(document: &roxmltree::Document, element: &str, attribute: &str) -> Vec<f64> {
        let of = document.descendants().filter(|n| n.has_tag_name(element));
        of.filter_map(|n| n.attribute(attribute)?.parse().ok()).collect()
    }

    #[test]
    fn many_axes_marks_and_spikes_keep_their_room_and_nothing_is_left_out_in_silence() {
        let unit = |n: usize| Trace { name: format!("x{n}"), unit: format!("u{n}"), values: vec![0.0, 1.0] };
        let spikes = |n: usize| Spikes { detector: format!("d{n}"), times: vec![0.5] };
        let results = Results {
            time: vec![0.0, 1.0],
            traces: (0..6).map(unit).chain((0..9).map(|_| unit(0))).collect(),
            spikes: (0..30).map(spikes).collect(),
            ..Results::default()
        };
        let mark =
            |n: usize| Marker { name: format!("m{n}"), locations: vec![Location { section: 1, x: 0.5 }] };
        let markers: Vec<Marker> = (0..40).map(mark).collect();
        let text = run("title", &cell(), &markers, &results);
        let document = roxmltree::Document::parse(&text).unwrap();
        let words = document.descendants().filter(|n| n.is_text()).filter_map(|n| n.text());
        let more: Vec<&str> = words.filter(|t| t.starts_with("and ")).collect();
        // 40 marks of which 8 are named, 10 traces of one unit of which 7 are drawn, 30 detectors of which 24.
        assert_eq!(more, ["and 32 more", "and 3 more", "and 6 more"]);
        let height: f64 = document.root_element().attribute("height").unwrap().parse().unwrap();
        for y in
            ["y", "cy"].iter().flat_map(|a| [numbers(&document, "text", a), numbers(&document, "circle", a)])
        {
            assert!(y.iter().all(|y| (0.0..=height).contains(y)), "{y:?}");
        }
        let axes = document.descendants().filter(|n| n.attribute("class") == Some("axis"));
        let at = |n: &roxmltree::Node, name: &str| n.attribute(name).unwrap().parse::<f64>().unwrap();
        let heights: Vec<f64> = axes.map(|n| at(&n, "y2") - at(&n, "y1")).filter(|h| *h > 0.0).collect();
        assert!(heights.len() == 6 && heights.iter().all(|h| *h >= 150.0), "{heights:?}");
    }

    #[test]
    fn a_cell_stays_within_its_figure() {
        let cylinder = Section::cylinder("soma", 1, 20.0, 20.0);
        let alone = Morphology::from_sections(vec![cylinder]).unwrap();
        let text = run("soma", &alone, &[], &Results::default());
        let document = roxmltree::Document::parse(&text).unwrap();
        let [(x, r)] = numbers(&document, "circle", "cx")
            .into_iter()
            .zip(numbers(&document, "circle", "r"))
            .collect::<Vec<_>>()[..]
        else {
            panic!("one soma");
        };
        assert!(x - r >= 10.0 && x + r <= 390.0, "{x} {r}");
    }

    #[test]
    fn a_cell_alone_has_a_legend_of_its_kinds_and_the_height_it_needs() {
        let text = morphology(&cell(), "cell");
        let document = roxmltree::Document::parse(&text).unwrap();
        let words: Vec<&str> = document.descendants().filter_map(|n| n.text()).collect();
        assert!(
            words.contains(&"soma") && words.contains(&"dendrite") && !words.contains(&"axon"),
            "{words:?}"
        );
        let flat = Section::points(
            "dend",
            3,
            vec![Point::new(0.0, 0.0, 0.0, 1.0), Point::new(500.0, 0.0, 0.0, 1.0)],
        );
        let flat = morphology(&Morphology::from_sections(vec![flat]).unwrap(), "flat");
        let height = |text: &str| {
            let document = roxmltree::Document::parse(text).unwrap();
            document.root_element().attribute("height").unwrap().parse::<f64>().unwrap()
        };
        assert!(height(&flat) < 300.0 && height(&text) > 700.0);
    }

    #[test]
    fn the_scale_bar_is_as_long_as_it_says() {
        let text = morphology(&cell(), "cell");
        let document = roxmltree::Document::parse(&text).unwrap();
        let bar = document.descendants().find(|n| n.attribute("class") == Some("scale")).unwrap();
        let at = |name: &str| bar.attribute(name).unwrap().parse::<f64>().unwrap();
        let label = document.descendants().filter_map(|n| n.text()).find(|t| t.ends_with("µm")).unwrap();
        let micrometres: f64 = label.trim_end_matches(" µm").parse().unwrap();
        // The drawing is 690 pixels for 312 µm and 660 for 152 µm, thickness included: the height decides.
        let expected = micrometres * 690.0 * 0.94 / 312.0;
        assert!(
            (at("x2") - at("x1") - expected).abs() < 0.01 * expected,
            "{} {expected}",
            at("x2") - at("x1")
        );
    }
}
