//! How many compartments a section gets.
//!
//! In comes a [`Rule`] with a section's profile and cable properties; out goes a count.

use std::f64::consts::PI;

use super::{Cable, Rule};
use crate::error::{Error, ErrorKind, Result};
use crate::morphology::profile::Profile;

/// More compartments than this in one section are taken for a mistake in the units.
const MOST: f64 = 1_048_576.0;

/// A rule's own number, refused unless it is positive.
fn positive(value: f64, name: &str) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    let message = format!("{name} is {value}; it must be a positive number");
    Err(Error::new(ErrorKind::Parameter, message).key("compartments"))
}

/// The number of compartments of a section, which has this index and name.
pub(super) fn count(
    rule: &Rule,
    index: usize,
    name: &str,
    profile: &Profile,
    cable: &Cable,
) -> Result<usize> {
    let in_wavelengths = |fraction: f64, frequency: f64| -> Result<f64> {
        let step = positive(fraction, "the fraction of the length constant")?
            * length_constant(profile, cable, positive(frequency, "the frequency")?);
        Ok(profile.length() / step)
    };
    let count = match rule {
        Rule::Count(count) => *count as f64,
        Rule::MaxLength(longest) => (profile.length() / positive(*longest, "the longest length")?).ceil(),
        Rule::DLambda { fraction, frequency } => {
            2.0 * (0.5 * (in_wavelengths(*fraction, *frequency)? - 1.0)).ceil().max(0.0) + 1.0
        }
        Rule::NeuronDLambda { fraction, frequency } => {
            2.0 * (0.5 * (in_wavelengths(*fraction, *frequency)? + 0.9)).floor() + 1.0
        }
        Rule::PerSection(counts) => counts.get(index).copied().unwrap_or(0) as f64,
    };
    if (1.0..=MOST).contains(&count) {
        return Ok(count as usize);
    }
    let what = if count > 1e9 { format!("{count:.0e}") } else { count.to_string() };
    let what = format!("section `{name}` cannot have {what} compartments; it needs from 1 to {MOST}");
    let key = match rule {
        Rule::PerSection(_) => format!("section[{index}].compartments"),
        _ => "compartments".to_owned(),
    };
    Err(Error::new(ErrorKind::Parameter, what).key(key))
}

/// Length of the section divided by its length in units of the local length constant √(d/(4πf·Ra·cm)), µm. Along a
/// cone the local diameter is taken as the mean of its ends.
pub(super) fn length_constant(profile: &Profile, cable: &Cable, frequency: f64) -> f64 {
    // 1e5: from √(µm·cm) over √(Ω·µF·Hz) to µm.
    let of_unit_diameter = 1e5 / (4.0 * PI * frequency * cable.axial_resistivity * cable.capacitance).sqrt();
    let in_units: f64 = profile
        .cones()
        .map(|cone| cone.length() / (0.5 * (cone.diameter[0] + cone.diameter[1])).sqrt())
        .sum();
    profile.length() / in_units * of_unit_diameter
}
