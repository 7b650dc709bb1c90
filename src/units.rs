//! Units and physical constants: NEURON's units throughout, in one table.
//!
//! | quantity | unit | | quantity | unit |
//! | --- | --- | --- | --- | --- |
//! | voltage | mV | | length, diameter | µm |
//! | time | ms | | area | µm² |
//! | current | nA | | current density | mA/cm² |
//! | conductance | µS | | conductance density | S/cm² |
//! | capacitance | nF | | specific capacitance | µF/cm² |
//! | axial resistance | MΩ | | axial resistivity | Ω·cm |
//! | concentration | mM | | temperature | °C |
//!
//! In these, µS · mV = nA, nF / ms = µS and MΩ · nA = mV without factors.

/// nA per mA/cm² on one µm².
pub const NANOAMP_PER_DENSITY: f64 = 0.01;

/// nF per µF/cm² on one µm².
pub const NANOFARAD_PER_SPECIFIC: f64 = 1e-5;

/// Gas constant, J/(mol K): exact since 2019.
pub const GAS: f64 = 8.314_462_618_153_24;

/// Faraday constant, C/mol: exact since 2019.
pub const FARADAY: f64 = 96_485.332_123_310_01;

/// A membrane potential beyond this is unphysical, mV.
pub const UNPHYSICAL: f64 = 1e4;

/// 0 °C in K.
pub const ZERO_CELSIUS: f64 = 273.15;

/// Reversal potential in mV of an ion of charge `valence` at `celsius` °C from its concentrations in mM (Nernst). Where the
/// equation has no value NEURON's conventions hold: 0 without a charge, ±10⁶ mV without a concentration.
pub fn nernst(celsius: f64, valence: f64, internal: f64, external: f64) -> f64 {
    if valence == 0.0 {
        0.0
    } else if internal <= 0.0 {
        1e6
    } else if external <= 0.0 {
        -1e6
    } else {
        nernst_slope(celsius, valence) * apical_kernels::math::log(external / internal)
    }
}

/// What Nernst's equation multiplies the logarithm by, mV.
pub fn nernst_slope(celsius: f64, valence: f64) -> f64 {
    1000.0 * GAS * (celsius + ZERO_CELSIUS) / FARADAY / valence
}

#[cfg(test)]
mod tests {
    use super::nernst;

    #[test]
    fn nernst_potentials() {
        // RT/F at 25 °C is 25.6926 mV.
        assert!((nernst(25.0, 1.0, 1.0, std::f64::consts::E) - 25.692_579_121).abs() < 1e-8);
        assert!((nernst(25.0, 2.0, 5e-5, 2.0) - 136.127_438_148_658_63).abs() < 1e-11);
        assert_eq!(nernst(25.0, 0.0, 1.0, 2.0), 0.0);
        assert_eq!(nernst(25.0, 2.0, 0.0, 2.0), 1e6);
        assert_eq!(nernst(25.0, 2.0, 1.0, -1.0), -1e6);
    }
}
