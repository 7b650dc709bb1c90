//! Writes SVG elements.

use std::fmt::Write;

/// An SVG file under construction. Coordinates are pixels from the upper left.
pub(super) struct Svg {
    text: String,
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Self {
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"Helvetica, Arial, sans-serif\" fill=\"#222\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        Self { text }
    }

    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    fn push(&mut self, element: std::fmt::Arguments) {
        // Writing to a string does not fail.
        let _ = self.text.write_fmt(element);
        self.text.push('\n');
    }

    pub fn text(&mut self, x: f64, y: f64, text: &str, size: f64, anchor: &str) {
        let text = escape(text);
        self.push(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// A title over the whole width; a long one is smaller.
    pub fn title(&mut self, width: f64, text: &str) {
        let fits = 1.8 * width / text.chars().count().max(1) as f64;
        self.text(0.5 * width, 28.0, text, fits.clamp(6.0, 17.0), "middle");
    }

    /// Text that reads upwards.
    pub fn upright(&mut self, x: f64, y: f64, text: &str, size: f64) {
        let text = escape(text);
        self.push(format_args!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" font-size=\"{size}\" text-anchor=\"middle\">{text}</text>"
        ));
    }

    pub fn line(&mut self, class: &str, from: [f64; 2], to: [f64; 2], colour: &str, width: f64) {
        self.push(format_args!(
            "<line class=\"{class}\" x1=\"{:.2}\" y1=\"{:.2}\" x2=\"{:.2}\" y2=\"{:.2}\" stroke=\"{colour}\" \
             stroke-width=\"{width:.2}\" stroke-linecap=\"round\"/>",
            from[0], from[1], to[0], to[1]
        ));
    }

    /// A path of several strokes.
    pub fn path(&mut self, class: &str, strokes: &[Vec<[f64; 2]>], colour: &str, width: f64) {
        let mut d = String::new();
        for stroke in strokes {
            for (i, [x, y]) in stroke.iter().enumerate() {
                let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
            }
        }
        self.push(format_args!(
            "<path class=\"{class}\" d=\"{d}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width:.2}\" \
             stroke-linejoin=\"round\" stroke-linecap=\"round\"/>"
        ));
    }

    /// A rectangle x, y, width, height through which what lies below is seen faintly.
    pub fn veil(&mut self, [x, y, width, height]: [f64; 4]) {
        self.push(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"white\" fill-opacity=\"0.8\"/>"
        ));
    }

    /// A filled rectangle x, y, width, height.
    pub fn rectangle(&mut self, class: &str, [x, y, width, height]: [f64; 4], colour: &str) {
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{colour}\"/>"
        ));
    }

    /// The faintly filled inside of an outline.
    pub fn area(&mut self, outline: &[[f64; 2]], colour: &str) {
        let points: Vec<String> = outline.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        self.push(format_args!(
            "<polygon class=\"band\" points=\"{points}\" fill=\"{colour}\" fill-opacity=\"0.22\"/>"
        ));
    }

    pub fn point(&mut self, at: [f64; 2], radius: f64, colour: &str) {
        self.push(format_args!(
            "<circle class=\"point\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"{colour}\"/>",
            at[0], at[1]
        ));
    }

    pub fn dashed(&mut self, from: [f64; 2], to: [f64; 2]) {
        self.push(format_args!(
            "<line class=\"rule\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#777\" \
             stroke-width=\"1\" stroke-dasharray=\"5 4\"/>",
            from[0], from[1], to[0], to[1]
        ));
    }

    pub fn circle(&mut self, at: [f64; 2], radius: f64, colour: &str) {
        self.push(format_args!(
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"{colour}\" stroke=\"white\" stroke-width=\"0.8\"/>",
            at[0], at[1]
        ));
    }
}

/// Text for XML, which has no characters for control.
fn escape(text: &str) -> String {
    let unknown = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    let text: String = text.chars().map(|c| if unknown(c) { ' ' } else { c }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Round numbers (1, 2 or 5 times a power of ten) that divide a range into about `count` parts.
pub(super) fn ticks(low: f64, high: f64, count: f64) -> Vec<f64> {
    let rough = (high - low) / count;
    if !(rough > 0.0 && rough.is_finite()) {
        return vec![low];
    }
    let step = round_number(rough);
    let first = (low / step).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// The smallest of 1, 2, 5, 10 times a power of ten that is not below a number.
pub(super) fn round_number(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|m| m * power)
        .find(|&s| s >= rough * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// A tick's label without superfluous digits.
pub(super) fn label(value: f64) -> String {
    let text = format!("{:.6}", if value.abs() < 1e-12 { 0.0 } else { value });
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if value != 0.0 && (value.abs() < 1e-3 || value.abs() >= 1e6) {
        format!("{value:.0e}")
    } else {
        text.to_owned()
    }
}
