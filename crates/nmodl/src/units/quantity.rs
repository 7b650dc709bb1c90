//! What is known of the unit of a value, and how it goes through arithmetic.

use super::Unit;

/// The unit of a value as far as a text states it; see the head of [`super::check`] for what is taken for granted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantity {
    pub unit: Unit,
    /// Nothing with a unit took part: it fits wherever a unit is expected, as the 65 of `v + 65` does.
    number: bool,
    /// A number or a variable without a unit is a factor, which may carry a unit unsaid, as the 10 of `(v + 40)/10`.
    open: bool,
    /// What such factors may convert by: a power of ten; not a number when it may be anything.
    conversion: f64,
}

/// How two quantities go together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fit {
    Same,
    /// They measure the same; the first unit is so many times the second.
    Factor(f64),
    Dimension,
}

impl Quantity {
    /// In a unit.
    pub fn known(unit: Unit) -> Self {
        Self { unit, number: false, open: false, conversion: 1.0 }
    }

    /// A value that cannot have a unit, as that of exp.
    pub fn pure() -> Self {
        Self { unit: Unit::ONE, number: true, open: false, conversion: 1.0 }
    }

    /// Something whose unit was not stated.
    pub fn unstated() -> Self {
        Self { unit: Unit::ONE, number: true, open: true, conversion: f64::NAN }
    }

    /// A number without a unit. Powers of ten may convert, 1, 2 and ½ only count, and what is very large or small, as
    /// 96485, may be anything.
    pub fn literal(number: f64) -> Self {
        let size = number.abs();
        let conversion = match size {
            _ if power_of_ten(size) => size,
            0.01..100.0 => 1.0,
            _ => f64::NAN,
        };
        Self { conversion, open: ![1.0, 2.0, 0.5].contains(&size), ..Self::unstated() }
    }

    /// A number in parentheses, which converts: a value in mm times `(0.001)` is one in m.
    pub fn factor(number: f64) -> Self {
        if !power_of_ten(number) {
            return Self::literal(number);
        }
        Self { unit: Unit { factor: 1.0 / number, ..Unit::ONE }, ..Self::pure() }
    }

    /// Whether a unit is known.
    pub fn is_stated(&self) -> bool {
        !self.number
    }

    pub fn times(self, other: Self) -> Self {
        Self {
            unit: self.unit.times(other.unit),
            number: self.number && other.number,
            open: self.open || other.open,
            conversion: self.conversion * other.conversion,
        }
    }

    pub fn over(self, other: Self) -> Self {
        self.times(other.power(-1))
    }

    pub fn power(self, exponent: i8) -> Self {
        Self {
            unit: self.unit.power(exponent),
            conversion: self.conversion.powi(i32::from(exponent)),
            ..self
        }
    }

    /// The square root, when the unit has one.
    pub fn root(self) -> Self {
        if self.unit.dimensions.iter().any(|d| d % 2 != 0) {
            return Self::unstated();
        }
        let unit = Unit { factor: self.unit.factor.sqrt(), dimensions: self.unit.dimensions.map(|d| d / 2) };
        Self { unit, conversion: self.conversion.sqrt(), ..self }
    }

    /// Of a sum, or of whichever of two is taken, when they fit: that of the side which says more.
    pub fn joined(self, other: Self) -> Self {
        match (self.number, other.number) {
            (true, false) => other,
            (false, true) => self,
            // A number that is added to what has no unit has none either.
            (true, true) if self.open && other.open => Self::unstated(),
            _ if self.open => other,
            _ => self,
        }
    }

    /// Whether both may stand on the two sides of a sign such as + or =.
    pub fn fit(&self, other: &Self) -> Fit {
        if self.number || other.number {
            return Fit::Same;
        }
        if !self.unit.fits(other.unit) {
            return if self.open || other.open { Fit::Same } else { Fit::Dimension };
        }
        let ratio = self.unit.factor / other.unit.factor;
        let explained = [1.0, self.conversion, 1.0 / other.conversion, self.conversion / other.conversion];
        let converts = |by: &f64| by.is_nan() || (ratio / by - 1.0).abs() < 1e-6;
        if explained.iter().any(converts) { Fit::Same } else { Fit::Factor(ratio) }
    }
}

fn power_of_ten(number: f64) -> bool {
    let exponent = number.log10();
    number != 1.0 && (exponent - exponent.round()).abs() < 1e-12
}
