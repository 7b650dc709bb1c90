//! Every built-in channel against its published equations, written out here a second time.
//!
//! For each gate the steady state and the time constant, at voltages that include the singular points of the rates, at
//! two temperatures; for each channel the current that given gates pass.

use apical::mechanism::Catalogue;
use apical_nmodl::ir::{IonQuantity, Kind, Place, Role};
use mechanism_support::Instance;

mod mechanism_support;

/// Where a gate is looked at.
#[derive(Clone, Copy)]
struct At {
    v: f64,
    celsius: f64,
    /// Calcium inside, mM.
    ca: f64,
}

impl At {
    /// The factor of temperature.
    fn q10(&self, base: f64, from: f64) -> f64 {
        base.powf((self.celsius - from) / 10.0)
    }

    /// RT/F, mV.
    fn kt(&self) -> f64 {
        1e3 * 8.314_462_618_153_24 * (self.celsius + 273.15) / 96_485.332_123_310_01
    }
}

/// Steady state and time constant, ms.
type Gate = fn(At) -> (f64, f64);

struct Channel {
    name: &'static str,
    /// Its conductance and what it counts per S/cm².
    density: (&'static str, f64),
    gates: &'static [(&'static str, Gate)],
    /// The share of the conductance that is open, from the gates in the order above and the place.
    open: fn(&[f64], At) -> f64,
    /// Its driving force, mV, from the reversal potential of its ion.
    drive: fn(At, f64) -> f64,
}

const VOLTAGES: [f64; 18] = [
    -120.0, -95.2, -81.0, -75.0, -66.0, -64.4, -60.0, -50.0, -40.0, -38.0, -32.0, -27.0, -25.0, -17.0, 0.0,
    19.88, 25.0, 60.0,
];

/// x/(1 − exp(−x/y)).
fn linoid(x: f64, y: f64) -> f64 {
    if x == 0.0 { y } else { -x / (-x / y).exp_m1() }
}

/// Falls from 1 to 0 around `half` over `slope`; rises when the slope is negative.
fn boltzmann(v: f64, half: f64, slope: f64) -> f64 {
    1.0 / (1.0 + ((v - half) / slope).exp())
}

fn rates(opening: f64, closing: f64) -> (f64, f64) {
    (opening / (opening + closing), 1.0 / (opening + closing))
}

fn faster((steady, tau): (f64, f64), factor: f64) -> (f64, f64) {
    (steady, tau / factor)
}

/// 2.3 to the power of the 13 degrees between measurement and use.
fn hay() -> f64 {
    2.3_f64.powf(1.3)
}

fn ohm(at: At, reversal: f64) -> f64 {
    at.v - reversal
}

/// The pseudo-potential of a constant field with calcium outside at 2 mM, thermal voltage 25 mV at 20 degrees.
fn constant_field(at: At, _: f64) -> f64 {
    let half = 25.0 * (at.celsius + 273.15) / 293.15 / 2.0;
    let z = at.v / half;
    let ratio = if z == 0.0 { 1.0 } else { z / z.exp_m1() };
    -half * (1.0 - at.ca / 2.0 * z.exp()) * ratio
}

fn ca_hva_m(at: At) -> (f64, f64) {
    rates(0.055 * linoid(at.v + 27.0, 3.8), 0.94 * ((-75.0 - at.v) / 17.0).exp())
}

fn ca_hva_h(at: At) -> (f64, f64) {
    rates(0.000_457 * ((-13.0 - at.v) / 50.0).exp(), 0.0065 / (((-at.v - 15.0) / 28.0).exp() + 1.0))
}

fn colbert_pan(v: f64, half_m: f64, half_h: f64) -> [(f64, f64); 2] {
    let (x, y) = (v - half_m, v - half_h);
    let m = rates(0.182 * linoid(x, 6.0), 0.124 * linoid(-x, 6.0));
    [faster(m, hay()), faster(rates(0.015 * linoid(-y, 6.0), 0.015 * linoid(y, 6.0)), hay())]
}

/// Rothman & Manis' time constants: scale over two exponentials of v + 60, and a least value; q10 3 from 22 degrees.
fn bell(at: At, scale: f64, up: (f64, f64), down: (f64, f64), least: f64) -> f64 {
    let u = at.v + 60.0;
    (scale / (up.0 * (u / up.1).exp() + down.0 * (-u / down.1).exp()) + least) / at.q10(3.0, 22.0)
}

fn vcn_na_m(at: At) -> (f64, f64) {
    (boltzmann(at.v, -38.0, -7.0), bell(at, 10.0, (5.0, 18.0), (36.0, 25.0), 0.04))
}

fn vcn_na_h(at: At) -> (f64, f64) {
    (boltzmann(at.v, -65.0, 6.0), bell(at, 100.0, (7.0, 11.0), (10.0, 25.0), 0.6))
}

fn vcn_kht_n(at: At) -> (f64, f64) {
    (boltzmann(at.v, -15.0, -5.0).sqrt(), bell(at, 100.0, (11.0, 24.0), (21.0, 23.0), 0.7))
}

fn vcn_kht_p(at: At) -> (f64, f64) {
    (boltzmann(at.v, -23.0, -6.0), bell(at, 100.0, (4.0, 32.0), (5.0, 22.0), 5.0))
}

/// The slow gate of CA1's sodium current that does not close at all: ar2 = 1.
fn ca1_s(at: At) -> (f64, f64) {
    let z = 12.0 * (at.v + 60.0) / at.kt();
    (1.0, ((0.2 * z).exp() / (0.0003 + 0.0003 * z.exp())).max(3.0))
}

/// CA1's A current: half-activation, its gating charge, asymmetry, rate.
fn ca1_a(at: At, half: f64, charge: f64, asymmetry: f64, rate: f64) -> (f64, f64) {
    let zeta = -charge - boltzmann(at.v, -40.0, 5.0);
    let a = (zeta * (at.v - half) / at.kt()).exp();
    let b = (zeta * asymmetry * (at.v - half) / at.kt()).exp();
    (1.0 / (1.0 + a), (b / (at.q10(5.0, 24.0) * rate * (1.0 + a))).max(0.1))
}

fn ca1_a_l(at: At) -> (f64, f64) {
    (1.0 / (1.0 + (3.0 * (at.v + 56.0) / at.kt()).exp()), (0.26 * (at.v + 50.0)).max(2.0))
}

/// Two exponential rates of equal linear slope, as Mainen & Sejnowski have them.
fn ms96(at: At, v: f64, opening: f64, closing: f64, half: f64, slope: f64) -> (f64, f64) {
    let pair = rates(opening * linoid(v - half, slope), closing * linoid(half - v, slope));
    faster(pair, at.q10(2.3, 23.0))
}

const CHANNELS: &[Channel] = &[
    Channel {
        name: "hh",
        density: ("gnabar", 1.0),
        gates: &[
            ("m", |at| {
                let pair = rates(0.1 * linoid(at.v + 40.0, 10.0), 4.0 * (-(at.v + 65.0) / 18.0).exp());
                faster(pair, at.q10(3.0, 6.3))
            }),
            ("h", |at| {
                let closing = 1.0 / (1.0 + (-(at.v + 35.0) / 10.0).exp());
                faster(rates(0.07 * (-(at.v + 65.0) / 20.0).exp(), closing), at.q10(3.0, 6.3))
            }),
            ("n", |at| {
                let pair = rates(0.01 * linoid(at.v + 55.0, 10.0), 0.125 * (-(at.v + 65.0) / 80.0).exp());
                faster(pair, at.q10(3.0, 6.3))
            }),
        ],
        open: |g, _| g[0].powi(3) * g[1],
        drive: ohm,
    },
    Channel {
        name: "NaTa_t",
        density: ("gNaTa_tbar", 1.0),
        gates: &[
            ("m", |at| colbert_pan(at.v, -38.0, -66.0)[0]),
            ("h", |at| colbert_pan(at.v, -38.0, -66.0)[1]),
        ],
        open: |g, _| g[0].powi(3) * g[1],
        drive: ohm,
    },
    Channel {
        name: "NaTs2_t",
        density: ("gNaTs2_tbar", 1.0),
        gates: &[
            ("m", |at| colbert_pan(at.v, -32.0, -60.0)[0]),
            ("h", |at| colbert_pan(at.v, -32.0, -60.0)[1]),
        ],
        open: |g, _| g[0].powi(3) * g[1],
        drive: ohm,
    },
    Channel {
        name: "Nap_Et2",
        density: ("gNap_Et2bar", 1.0),
        gates: &[
            ("m", |at| {
                let sum = 0.182 * linoid(at.v + 38.0, 6.0) + 0.124 * linoid(-at.v - 38.0, 6.0);
                (boltzmann(at.v, -52.6, -4.6), 6.0 / sum / hay())
            }),
            ("h", |at| {
                let sum = 2.88e-6 * linoid(-at.v - 17.0, 4.63) + 6.94e-6 * linoid(at.v + 64.4, 2.63);
                (boltzmann(at.v, -48.8, 10.0), 1.0 / sum / hay())
            }),
        ],
        open: |g, _| g[0].powi(3) * g[1],
        drive: ohm,
    },
    Channel {
        name: "K_Tst",
        density: ("gK_Tstbar", 1.0),
        gates: &[
            ("m", |at| {
                let tau = 0.34 + 0.92 * (-((at.v + 81.0) / 59.0).powi(2)).exp();
                (boltzmann(at.v, -10.0, -19.0), tau / hay())
            }),
            ("h", |at| {
                let tau = 8.0 + 49.0 * (-((at.v + 83.0) / 23.0).powi(2)).exp();
                (boltzmann(at.v, -76.0, 10.0), tau / hay())
            }),
        ],
        open: |g, _| g[0].powi(4) * g[1],
        drive: ohm,
    },
    Channel {
        name: "K_Pst",
        density: ("gK_Pstbar", 1.0),
        gates: &[
            ("m", |at| {
                let u = at.v + 10.0;
                let part = if u < -50.0 { 175.03 * (0.026 * u).exp() } else { 13.0 * (-0.026 * u).exp() };
                (boltzmann(at.v, -11.0, -12.0), (1.25 + part) / hay())
            }),
            ("h", |at| {
                let u = at.v + 10.0;
                let bell = (-((u + 75.0) / 48.0).powi(2)).exp();
                (boltzmann(at.v, -64.0, 11.0), (360.0 + (1010.0 + 24.0 * (u + 55.0)) * bell) / hay())
            }),
        ],
        open: |g, _| g[0].powi(2) * g[1],
        drive: ohm,
    },
    Channel {
        name: "SKv3_1",
        density: ("gSKv3_1bar", 1.0),
        gates: &[("m", |at| (boltzmann(at.v, 18.7, -9.7), 4.0 * boltzmann(at.v, -46.56, -44.14)))],
        open: |g, _| g[0],
        drive: ohm,
    },
    Channel {
        name: "SK_E2",
        density: ("gSK_E2bar", 1.0),
        gates: &[("z", |at| {
            let ca = if at.ca < 1e-7 { at.ca + 1e-7 } else { at.ca };
            (1.0 / (1.0 + (0.000_43 / ca).powf(4.8)), 1.0)
        })],
        open: |g, _| g[0],
        drive: ohm,
    },
    Channel {
        name: "Ca_HVA",
        density: ("gCa_HVAbar", 1.0),
        gates: &[("m", ca_hva_m), ("h", ca_hva_h)],
        open: |g, _| g[0].powi(2) * g[1],
        drive: ohm,
    },
    Channel {
        name: "Ca_LVAst",
        density: ("gCa_LVAstbar", 1.0),
        gates: &[
            ("m", |at| (boltzmann(at.v, -40.0, -6.0), (5.0 + 20.0 * boltzmann(at.v, -35.0, 5.0)) / hay())),
            ("h", |at| (boltzmann(at.v, -90.0, 6.4), (20.0 + 50.0 * boltzmann(at.v, -50.0, 7.0)) / hay())),
        ],
        open: |g, _| g[0].powi(2) * g[1],
        drive: ohm,
    },
    Channel {
        name: "Ih",
        density: ("gIhbar", 1.0),
        gates: &[("m", |at| rates(0.006_43 * linoid(-(at.v + 154.9), 11.9), 0.193 * (at.v / 33.1).exp()))],
        open: |g, _| g[0],
        drive: |at, _| at.v + 45.0,
    },
    Channel {
        name: "Im",
        density: ("gImbar", 1.0),
        gates: &[("m", |at| {
            let x = 0.1 * (at.v + 35.0);
            faster(rates(0.0033 * x.exp(), 0.0033 * (-x).exp()), hay())
        })],
        open: |g, _| g[0],
        drive: ohm,
    },
    Channel {
        name: "CA1_na",
        density: ("gbar", 1.0),
        gates: &[
            ("m", |at| (boltzmann(at.v, -44.0, -3.0), 0.05)),
            ("h", |at| (boltzmann(at.v, -49.0, 3.5), 1.0)),
            ("s", ca1_s),
        ],
        open: |g, _| g[0].powi(2) * g[1] * g[2],
        drive: ohm,
    },
    Channel {
        name: "CA1_nadend",
        density: ("gbar", 1.0),
        gates: &[
            ("m", |at| (boltzmann(at.v, -40.0, -3.0), 0.05)),
            ("h", |at| (boltzmann(at.v, -45.0, 3.0), 0.5)),
            ("s", ca1_s),
        ],
        open: |g, _| g[0].powi(2) * g[1] * g[2],
        drive: ohm,
    },
    Channel {
        name: "CA1_nap",
        density: ("gbar", 1.0),
        gates: &[],
        open: |_, at| boltzmann(at.v, -50.4, -4.5).powi(3),
        drive: ohm,
    },
    Channel {
        name: "CA1_kdr",
        density: ("gbar", 1.0),
        gates: &[("n", |at| (boltzmann(at.v, -46.3, -3.0), 3.5))],
        open: |g, _| g[0].powi(2),
        drive: ohm,
    },
    Channel {
        name: "CA1_kdrdend",
        density: ("gbar", 1.0),
        gates: &[("n", |at| (boltzmann(at.v, -42.0, -2.0), 2.2))],
        open: |g, _| g[0].powi(2),
        drive: ohm,
    },
    Channel {
        name: "CA1_kap",
        density: ("gbar", 1.0),
        gates: &[("n", |at| ca1_a(at, 11.0, 1.5, 0.55, 0.05)), ("l", ca1_a_l)],
        open: |g, _| g[0] * g[1],
        drive: ohm,
    },
    Channel {
        name: "CA1_kad",
        density: ("gbar", 1.0),
        gates: &[("n", |at| ca1_a(at, -1.0, 1.8, 0.39, 0.1)), ("l", ca1_a_l)],
        open: |g, _| g[0] * g[1],
        drive: ohm,
    },
    Channel {
        name: "CA1_h",
        density: ("gbar", 1.0),
        gates: &[("n", |at| {
            let bell = 1.0 / ((-(at.v + 145.0) / 17.5).exp() + ((at.v + 16.8) / 16.5).exp());
            (boltzmann(at.v, -90.0, 8.5), if at.v > -30.0 { 1.0 } else { 2.0 * (bell + 5.0) })
        })],
        open: |g, _| g[0],
        drive: |at, _| at.v + 10.0,
    },
    Channel {
        name: "CA1_cal",
        density: ("gbar", 1.0),
        gates: &[("m", |at| {
            let opening = 0.055 * linoid(at.v + 27.01, 3.8);
            faster(rates(opening, 0.94 * ((-63.01 - at.v) / 17.0).exp()), 5.0)
        })],
        open: |g, at| g[0] * 0.001 / (0.001 + at.ca),
        drive: constant_field,
    },
    Channel {
        name: "CA1_calh",
        density: ("gbar", 1.0),
        gates: &[
            ("m", |at| (boltzmann(at.v, -37.0, -1.0), 3.6)),
            ("h", |at| (boltzmann(at.v, -41.0, 0.5), 29.0)),
        ],
        open: |g, _| g[0].powi(3) * g[1],
        drive: ohm,
    },
    Channel {
        name: "CA1_cat",
        density: ("gbar", 1.0),
        gates: &[
            ("m", |at| rates(0.1967 * linoid(at.v - 19.88, 10.0), 0.046 * (-at.v / 22.73).exp())),
            ("h", |at| {
                let closing = 1.0 / (((-at.v + 15.0) / 10.0).exp() + 1.0);
                faster(rates(1.6e-4 * (-(at.v + 57.0) / 19.0).exp(), closing), 0.68)
            }),
        ],
        open: |g, at| g[0].powi(2) * g[1] * 0.001 / (0.001 + at.ca),
        drive: constant_field,
    },
    Channel {
        name: "CA1_car",
        density: ("gbar", 1.0),
        gates: &[
            ("m", |at| (boltzmann(at.v, -48.5, -3.0), 50.0)),
            ("h", |at| (boltzmann(at.v, -53.0, 1.0), 5.0)),
        ],
        open: |g, _| g[0].powi(3) * g[1],
        drive: ohm,
    },
    Channel {
        name: "CA1_carsoma",
        density: ("gbar", 1.0),
        gates: &[
            ("m", |at| (boltzmann(at.v, -60.0, -3.0), 100.0)),
            ("h", |at| (boltzmann(at.v, -62.0, 1.0), 5.0)),
        ],
        open: |g, _| g[0].powi(3) * g[1],
        drive: ohm,
    },
    Channel {
        name: "CA1_sahp",
        density: ("gbar", 1.0),
        gates: &[("m", |at| {
            let ratio = (at.ca / 0.025).powi(2);
            (ratio / (1.0 + ratio), (1.0 / 0.03 / (1.0 + ratio) / at.q10(3.0, 22.0)).max(0.5))
        })],
        open: |g, _| g[0].powi(3),
        drive: ohm,
    },
    Channel {
        name: "BK",
        density: ("gbar", 1.0),
        gates: &[("o", |at| {
            let k = |k: f64, d: f64| k * (-2.0 * d * at.v / at.kt()).exp();
            rates(0.48 / (1.0 + k(0.18, 0.84) / at.ca), 0.28 / (1.0 + at.ca / k(0.011, 1.0)))
        })],
        open: |g, _| g[0],
        drive: ohm,
    },
    Channel {
        name: "VCN_na",
        density: ("gbar", 1.0),
        gates: &[("m", vcn_na_m), ("h", vcn_na_h)],
        open: |g, _| g[0].powi(3) * g[1],
        drive: ohm,
    },
    Channel {
        name: "MSO_na",
        density: ("gbar", 1.0),
        gates: &[("m", vcn_na_m), ("h", vcn_na_h)],
        open: |g, _| g[0].powi(2) * g[1],
        drive: ohm,
    },
    Channel {
        name: "VCN_klt",
        density: ("gbar", 1.0),
        gates: &[
            ("w", |at| {
                let tau = bell(at, 100.0, (6.0, 6.0), (16.0, 45.0), 1.5);
                (boltzmann(at.v, -48.0, -6.0).powf(0.25), tau)
            }),
            ("z", |at| {
                let tau = bell(at, 1000.0, (1.0, 20.0), (1.0, 8.0), 50.0);
                (0.5 + 0.5 * boltzmann(at.v, -71.0, 10.0), tau)
            }),
        ],
        open: |g, _| g[0].powi(4) * g[1],
        drive: ohm,
    },
    Channel {
        name: "VCN_kht",
        density: ("gbar", 1.0),
        gates: &[("n", vcn_kht_n), ("p", vcn_kht_p)],
        open: |g, _| 0.85 * g[0].powi(2) + 0.15 * g[1],
        drive: ohm,
    },
    Channel {
        name: "MSO_kht",
        density: ("gbar", 1.0),
        gates: &[("n", |at| (boltzmann(at.v, -15.0, -5.0).powi(2), vcn_kht_n(at).1)), ("p", vcn_kht_p)],
        open: |g, _| 0.85 * g[0].powi(2) + 0.15 * g[1],
        drive: ohm,
    },
    Channel {
        name: "VCN_ka",
        density: ("gbar", 1.0),
        gates: &[
            ("a", |at| {
                let tau = bell(at, 100.0, (7.0, 14.0), (29.0, 24.0), 0.1);
                (boltzmann(at.v, -31.0, -6.0).powf(0.25), tau)
            }),
            ("b", |at| {
                let tau = bell(at, 1000.0, (14.0, 27.0), (29.0, 24.0), 1.0);
                (boltzmann(at.v, -66.0, 7.0).sqrt(), tau)
            }),
            ("c", |at| {
                let tau = (90.0 * boltzmann(at.v, -66.0, -17.0) + 10.0) / at.q10(3.0, 22.0);
                (boltzmann(at.v, -66.0, 7.0).sqrt(), tau)
            }),
        ],
        open: |g, _| g[0].powi(4) * g[1] * g[2],
        drive: ohm,
    },
    Channel {
        name: "VCN_h",
        density: ("gbar", 1.0),
        gates: &[("r", |at| (boltzmann(at.v, -76.0, 7.0), bell(at, 1e5, (237.0, 12.0), (17.0, 14.0), 25.0)))],
        open: |g, _| g[0],
        drive: |at, _| at.v + 43.0,
    },
    Channel {
        name: "MS96_na",
        density: ("gbar", 1e-4),
        gates: &[
            ("m", |at| ms96(at, at.v - 5.0, 0.182, 0.124, -35.0, 9.0)),
            ("h", |at| {
                let u = at.v - 5.0;
                let sum = 0.024 * linoid(u + 50.0, 5.0) + 0.0091 * linoid(-u - 75.0, 5.0);
                (boltzmann(u, -65.0, 6.2), 1.0 / sum / at.q10(2.3, 23.0))
            }),
        ],
        open: |g, at| at.q10(2.3, 23.0) * g[0].powi(3) * g[1],
        drive: ohm,
    },
    Channel {
        name: "MS96_kv",
        density: ("gbar", 1e-4),
        gates: &[("n", |at| ms96(at, at.v, 0.02, 0.002, 25.0, 9.0))],
        open: |g, at| at.q10(2.3, 23.0) * g[0],
        drive: ohm,
    },
    Channel {
        name: "MS96_km",
        density: ("gbar", 1e-4),
        gates: &[("n", |at| ms96(at, at.v, 0.001, 0.001, -30.0, 9.0))],
        open: |g, at| at.q10(2.3, 23.0) * g[0],
        drive: ohm,
    },
    Channel {
        name: "MS96_kca",
        density: ("gbar", 1e-4),
        gates: &[("n", |at| faster(rates(0.01 * at.ca, 0.02), at.q10(2.3, 23.0)))],
        open: |g, at| at.q10(2.3, 23.0) * g[0],
        drive: ohm,
    },
    Channel {
        name: "MS96_ca",
        density: ("gbar", 1e-4),
        gates: &[
            ("m", |at| faster(ca_hva_m(at), at.q10(2.3, 23.0))),
            ("h", |at| faster(ca_hva_h(at), at.q10(2.3, 23.0))),
        ],
        open: |g, at| at.q10(2.3, 23.0) * g[0].powi(2) * g[1],
        drive: ohm,
    },
    Channel {
        name: "CaT_GHK",
        density: ("pbar", 1.0),
        gates: &[
            ("m", |at| {
                let bell = 1.0 / ((-(at.v + 134.0) / 16.7).exp() + ((at.v + 18.8) / 18.2).exp());
                (boltzmann(at.v, -59.0, -6.2), (0.612 + bell) / at.q10(5.0, 24.0))
            }),
            ("h", |at| {
                let u = at.v + 2.0;
                let below = ((u + 467.0) / 66.6).exp();
                let tau = if u < -80.0 { below } else { 28.0 + (-(u + 22.0) / 10.5).exp() };
                (boltzmann(at.v, -83.0, 4.0), tau / at.q10(3.0, 24.0))
            }),
        ],
        open: |g, _| g[0].powi(2) * g[1],
        // P z² F v/(kT) (cᵢ − cₒ exp(−zv/kT))/(1 − exp(−zv/kT)), in mA/cm² for a permeability of 1 cm/s.
        drive: |at, _| {
            let u = 2.0 * at.v / at.kt();
            let part = if u == 0.0 { 1.0 } else { -u / (-u).exp_m1() };
            2.0 * 96_485.332_123_310_01 * 1e-3 * part * (at.ca - 2.0 * (-u).exp())
        },
    },
];

/// Channels with state that are no product of gates have tests of their own.
const SCHEMES: [&str; 2] = ["Na_markov", "SK2"];

/// Relative, where the number is not itself tiny.
fn close(found: f64, expected: f64, relative: f64) -> bool {
    (found - expected).abs() <= relative * expected.abs() + 1e-300
}

fn places() -> impl Iterator<Item = At> {
    let temperatures = [22.0, 34.0];
    let of = move |v: f64| temperatures.map(|celsius| At { v, celsius, ca: 3e-4 });
    let calcium = [1e-6, 5e-5, 1e-3, 0.02].map(|ca| At { v: -43.7, celsius: 36.0, ca });
    VOLTAGES.into_iter().flat_map(of).chain(calcium)
}

fn at(channel: &Instance, at: At) -> Instance {
    let mut instance = channel.clone();
    instance.set(Place::Voltage, at.v).set(Place::Celsius, at.celsius);
    instance.set_ions(IonQuantity::Reversal, 17.0);
    instance.set_ions(IonQuantity::Internal, at.ca).set_ions(IonQuantity::External, 2.0);
    instance
}

#[test]
fn gates_have_the_published_steady_states_and_time_constants() {
    for channel in CHANNELS {
        let fresh = Instance::new(channel.name);
        for place in places() {
            let mut instance = at(&fresh, place);
            instance.initial();
            for (name, gate) in channel.gates {
                let (steady, tau) = gate(place);
                let state = instance.variable(name);
                let start = instance.get(state);
                let mut rate = |value: f64| instance.set(state, value).rate(name);
                let (at_0, at_1) = (rate(0.0), rate(1.0));
                let found = (at_0 / (at_0 - at_1), 1.0 / (at_0 - at_1));
                let where_ = format!("{}.{name} at {} mV, {} °C", channel.name, place.v, place.celsius);
                assert!(close(start, steady, 1e-10), "{where_}: starts at {start}, not {steady}");
                assert!(close(found.0, steady, 1e-10), "{where_}: goes to {}, not {steady}", found.0);
                assert!(close(found.1, tau, 1e-10), "{where_}: time constant {}, not {tau}", found.1);
                instance.set(state, start);
            }
        }
    }
}

#[test]
fn currents_are_conductance_times_open_gates_times_driving_force() {
    for channel in CHANNELS {
        let fresh = Instance::new(channel.name);
        for place in places() {
            let mut instance = at(&fresh, place);
            instance.initial();
            for parameter in ["gnabar", "gkbar", "gl"] {
                if channel.name == "hh" {
                    instance.give(parameter, 0.0);
                }
            }
            instance.give(channel.density.0, 0.7);
            let gates: Vec<f64> = (0..channel.gates.len()).map(|i| 0.83 - 0.21 * i as f64).collect();
            for ((name, _), value) in channel.gates.iter().zip(&gates) {
                instance.give(name, *value);
            }
            let expected =
                0.7 * channel.density.1 * (channel.open)(&gates, place) * (channel.drive)(place, 17.0);
            let found = instance.current();
            assert!(
                close(found, expected, 1e-10),
                "{} at {} mV, {} °C: {found}, not {expected}",
                channel.name,
                place.v,
                place.celsius
            );
        }
    }
}

/// A channel added to the catalogue must be added above.
#[test]
fn every_channel_with_gates_is_in_the_table() {
    let catalogue = Catalogue::builtin();
    for name in catalogue.names() {
        let mechanism = catalogue.get(name).expect("the built-in mechanisms compile");
        let gated = mechanism.variables.iter().any(|v| v.role == Role::State);
        let pool = mechanism.ions.iter().any(|i| i.writes.contains(&IonQuantity::Internal));
        if mechanism.kind == Kind::Density && gated && !pool {
            let known = CHANNELS.iter().any(|c| c.name == name) || SCHEMES.contains(&name);
            assert!(known, "`{name}` has gates that no test looks at");
        }
    }
}
