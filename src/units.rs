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

/// Reversal potential in mV of an ion of charge `valence` at `celsius` °C from its concentrations in mM (Nernst).
pub fn nernst(celsius: f64, valence: f64, internal: f64, external: f64) -> f64 {
    1000.0 * GAS * (celsius + ZERO_CELSIUS) / FARADAY / valence
        * apical_kernels::math::log(external / internal)
}
