//! Diameter along the arc of a section.
//!
//! In comes a [`Shape`]; out goes its [`Profile`], a piecewise linear diameter over arc length, which is all that
//! measures and compartments need to know of a shape.

use std::f64::consts::PI;

use super::{Point, Shape};

/// Piecewise linear diameter over arc length, from the end that is joined to the parent. At least two entries.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Profile {
    /// Arc length of each point, µm; starts at 0 and never falls.
    pub arc: Vec<f64>,
    /// Diameter at each point, µm.
    pub diameter: Vec<f64>,
}

impl Profile {
    /// The profile of `shape`. `round` is applied to what a points file holds and to differences of coordinates: the
    /// identity, or rounding to single precision. A cylinder's measures are taken as they are.
    pub fn new(shape: &Shape, round: fn(f64) -> f64) -> Self {
        match shape {
            Shape::Cylinder { length, diameter } => {
                Self { arc: vec![0.0, *length], diameter: vec![*diameter; 2] }
            }
            Shape::Points(points) => {
                let mut arc = Vec::with_capacity(points.len());
                let mut here = 0.0;
                let mut before: Option<&Point> = None;
                for point in points {
                    if let Some(last) = before {
                        let along = |from: f64, to: f64| round(round(to) - round(from));
                        let (x, y, z) =
                            (along(last.x, point.x), along(last.y, point.y), along(last.z, point.z));
                        here += (x * x + y * y + z * z).sqrt();
                    }
                    arc.push(here);
                    before = Some(point);
                }
                Self { arc, diameter: points.iter().map(|p| round(p.diameter)).collect() }
            }
        }
    }

    /// The profile in full precision.
    pub fn exact(shape: &Shape) -> Self {
        Self::new(shape, |value| value)
    }

    /// µm.
    pub fn length(&self) -> f64 {
        self.arc.last().copied().unwrap_or(0.0)
    }

    /// The truncated cones one after the other.
    pub fn cones(&self) -> impl Iterator<Item = Cone> + '_ {
        self.arc
            .windows(2)
            .zip(self.diameter.windows(2))
            .map(|(arc, diameter)| Cone { arc: [arc[0], arc[1]], diameter: [diameter[0], diameter[1]] })
    }

    /// Diameter at an arc length, µm; where two points share a place, the one nearer the joined end.
    pub fn diameter_at(&self, arc: f64) -> f64 {
        let inside = self.cones().find(|cone| arc <= cone.arc[1]);
        inside.map_or_else(|| self.diameter.last().copied().unwrap_or(0.0), |cone| cone.diameter_at(arc))
    }
}

/// A truncated cone between two places on the arc.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cone {
    /// Where it begins and ends, µm.
    pub arc: [f64; 2],
    /// Diameter there, µm.
    pub diameter: [f64; 2],
}

impl Cone {
    /// µm.
    pub fn length(&self) -> f64 {
        self.arc[1] - self.arc[0]
    }

    /// The mantle, µm². A cone without length is the ring between two circles.
    pub fn area(&self) -> f64 {
        let rise = 0.5 * (self.diameter[1] - self.diameter[0]);
        0.5 * PI * (self.diameter[0] + self.diameter[1]) * self.length().hypot(rise)
    }

    /// ∫dx/(πr²), 1/µm: times the axial resistivity this is the resistance from end to end.
    pub fn resistance(&self) -> f64 {
        4.0 * self.length() / (PI * self.diameter[0] * self.diameter[1])
    }

    /// Diameter at an arc length within, µm.
    pub fn diameter_at(&self, arc: f64) -> f64 {
        let part = if self.length() > 0.0 { (arc - self.arc[0]) / self.length() } else { 0.0 };
        (1.0 - part) * self.diameter[0] + part * self.diameter[1]
    }
}
