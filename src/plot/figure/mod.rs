//! Figures of several panels: curves, points, bars, rasters and maps over named axes.
//!
//! In come numbers in the units that the axes name; out goes the text of an SVG file. What is not a number, or not positive on a
//! logarithmic axis, is left out.

mod draw;
mod scale;

use super::svg::Svg;

/// Panels in rows from the upper left.
///
/// ```
/// use apical::plot::{Axis, Figure, Layer, Panel};
///
/// let time: Vec<f64> = (0..100).map(f64::from).collect();
/// let decay = time.iter().map(|t| [*t, (-t / 20.0).exp()]).collect();
/// let panel = Panel::new("decay", Axis::new("time (ms)"), Axis::new("conductance (nS)"))
///     .with(Layer::line("τ = 20 ms", decay));
/// let text = Figure::new("A synapse", 1).with(panel).render();
/// assert!(text.contains("conductance (nS)"));
/// ```
#[derive(Clone, Debug)]
pub struct Figure {
    title: String,
    columns: usize,
    panels: Vec<Panel>,
}

/// One set of axes.
#[derive(Clone, Debug)]
pub struct Panel {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) layers: Vec<Layer>,
}

/// An axis: its name with its unit, and what it shows.
#[derive(Clone, Debug)]
pub struct Axis {
    pub(super) name: String,
    pub(super) range: Option<[f64; 2]>,
    pub(super) logarithmic: bool,
    pub(super) labels: Vec<String>,
}

/// Something drawn in a panel. Layers take their colours in order.
#[derive(Clone, Debug)]
pub enum Layer {
    /// A curve through points.
    Line {
        /// In the legend; none when empty.
        name: String,
        /// x, y.
        points: Vec<[f64; 2]>,
    },
    /// Points.
    Points {
        /// In the legend; none when empty.
        name: String,
        /// x, y.
        points: Vec<[f64; 2]>,
    },
    /// The space between two curves, in the colour of the layer that follows.
    Band {
        /// x, lower y, upper y.
        points: Vec<[f64; 3]>,
    },
    /// Bars from zero.
    Bars {
        /// In the legend; none when empty.
        name: String,
        /// Middle, height.
        bars: Vec<[f64; 2]>,
        /// In units of x.
        width: f64,
    },
    /// A row of strokes for each train, the first at y = 0.
    Raster {
        /// Times of each row.
        rows: Vec<Vec<f64>>,
    },
    /// Colours over a regular grid, with a bar that tells them.
    Map {
        /// Name of the values with their unit.
        name: String,
        /// Row by row, the lowest first.
        values: Vec<Vec<f64>>,
        /// First and last x, first and last y: of the middles of outer cells.
        extent: [[f64; 2]; 2],
    },
    /// A dashed line through the panel where x is this.
    Vertical(f64),
    /// A dashed line through the panel where y is this.
    Horizontal(f64),
}

impl Layer {
    /// A curve with a name in the legend.
    pub fn line(name: impl Into<String>, points: Vec<[f64; 2]>) -> Self {
        Self::Line { name: name.into(), points }
    }

    /// The name of what has a colour of its own and a place in the legend; empty where it is not named.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Line { name, .. } | Self::Points { name, .. } | Self::Bars { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Points with a name in the legend.
    pub fn points(name: impl Into<String>, points: Vec<[f64; 2]>) -> Self {
        Self::Points { name: name.into(), points }
    }
}

impl Axis {
    /// As wide as what is drawn.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), range: None, logarithmic: false, labels: Vec::new() }
    }

    /// From one number to another.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some([low, high]);
        self
    }

    /// By powers of ten.
    #[must_use]
    pub fn logarithmic(mut self) -> Self {
        self.logarithmic = true;
        self
    }

    /// These words at 0, 1, 2 and so on instead of numbers.
    #[must_use]
    pub fn labels(mut self, labels: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.labels = labels.into_iter().map(Into::into).collect();
        self
    }
}

impl Panel {
    /// Axes with nothing drawn yet.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self { title: title.into(), x, y, layers: Vec::new() }
    }

    /// Draws something over what is there.
    #[must_use]
    pub fn with(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }
}

impl Figure {
    /// A figure with so many panels beside each other.
    pub fn new(title: impl Into<String>, columns: usize) -> Self {
        Self { title: title.into(), columns: columns.max(1), panels: Vec::new() }
    }

    /// Adds a panel.
    #[must_use]
    pub fn with(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// The text of the SVG file.
    pub fn render(&self) -> String {
        /// Of a figure; a panel is half as high as wide, or less beside others.
        const WIDTH: f64 = 1000.0;
        let columns = self.columns.min(self.panels.len().max(1));
        let width = WIDTH / columns as f64;
        let height = (0.78 * width).clamp(250.0, 400.0);
        let rows = self.panels.len().div_ceil(columns);
        let mut svg = Svg::new(WIDTH, 46.0 + height * rows as f64);
        svg.title(WIDTH, &self.title);
        for (number, panel) in self.panels.iter().enumerate() {
            let (left, top) = ((number % columns) as f64 * width, 46.0 + (number / columns) as f64 * height);
            draw::panel(&mut svg, panel, [left + 78.0, top + 26.0, width - 104.0, height - 82.0]);
        }
        svg.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str, class: &str, attribute: &str) -> Vec<f64> {
        let document = roxmltree::Document::parse(text).expect("well-formed");
        let of = document.descendants().filter(|n| n.attribute("class") == Some(class));
        of.filter_map(|n| n.attribute(attribute)?.parse().ok()).collect()
    }

    #[test]
    fn points_lie_where_their_axes_say() {
        let panel =
            Panel::new("", Axis::new("rate (Hz)").range(0.0, 10.0), Axis::new("gain").range(-1.0, 1.0))
                .with(Layer::points("", vec![[0.0, -1.0], [10.0, 1.0], [5.0, 0.0], [f64::NAN, 0.0]]));
        let text = Figure::new("t", 1).with(panel).render();
        let (x, y) = (numbers(&text, "point", "cx"), numbers(&text, "point", "cy"));
        assert_eq!(x, [78.0, 974.0, 526.0], "what is not a number is left out");
        assert!(y[0] > y[2] && y[2] > y[1] && (y[0] + y[1] - 2.0 * y[2]).abs() < 0.11, "{y:?}");
        assert!(text.contains("rate (Hz)") && !text.contains("NaN"));
    }

    #[test]
    fn decades_are_equally_far_apart_on_a_logarithmic_axis() {
        let points = vec![[0.1, 1.0], [1.0, 1.0], [10.0, 1.0], [0.0, 1.0], [-3.0, 1.0]];
        let panel =
            Panel::new("", Axis::new("f (Hz)").logarithmic(), Axis::new("")).with(Layer::points("", points));
        let x = numbers(&Figure::new("", 1).with(panel).render(), "point", "cx");
        assert_eq!(x.len(), 3, "zero and less have no logarithm");
        assert!((x[2] - 2.0 * x[1] + x[0]).abs() < 0.11 && x[2] > x[0] + 500.0, "{x:?}");
    }

    #[test]
    fn panels_stand_beside_and_below_each_other() {
        let panel = |n: f64| {
            Panel::new("p", Axis::new("x").range(0.0, 1.0), Axis::new("y").range(0.0, 1.0))
                .with(Layer::points("", vec![[0.0, 0.0]]))
                .with(Layer::Bars { name: format!("bars {n}"), bars: vec![[0.5, n]], width: 0.2 })
        };
        let text = Figure::new("", 2).with(panel(0.5)).with(panel(1.0)).with(panel(0.25)).render();
        let (x, y) = (numbers(&text, "point", "cx"), numbers(&text, "point", "cy"));
        assert!(x[0] == x[2] && x[1] > x[0] + 400.0 && y[0] == y[1] && y[2] > y[0] + 200.0, "{x:?} {y:?}");
        let heights = numbers(&text, "bar", "height");
        assert!((heights[1] / heights[0] - 2.0).abs() < 0.01 && (heights[0] / heights[2] - 2.0).abs() < 0.01);
    }

    #[test]
    fn rows_of_a_raster_and_cells_of_a_map_fill_their_axes() {
        let raster = Panel::new("", Axis::new("time (ms)").range(0.0, 10.0), Axis::new("cell"))
            .with(Layer::Raster { rows: vec![vec![1.0, 5.0], vec![], vec![9.0, 12.0]] });
        let values = vec![vec![0.0, 1.0, 2.0], vec![3.0, 4.0, 5.0]];
        let map = Panel::new("", Axis::new("x"), Axis::new("y")).with(Layer::Map {
            name: "v (mV)".into(),
            values,
            extent: [[0.0, 2.0], [0.0, 1.0]],
        });
        let text = Figure::new("", 2).with(raster).with(map).render();
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        let strokes =
            document.descendants().find(|n| n.attribute("class") == Some("spikes")).expect("a raster");
        assert_eq!(strokes.attribute("d").expect("a path").matches('M').count(), 3, "one lies outside");
        let (x, width) = (numbers(&text, "cell", "x"), numbers(&text, "cell", "width"));
        assert_eq!(x.len(), 6);
        assert!(x.windows(2).zip(&width).all(|(x, w)| x[1] < x[0] || (x[1] - x[0] - w).abs() < 1.1), "{x:?}");
        assert!(text.contains("v (mV)"));
    }
}
