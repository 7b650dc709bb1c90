//! Which built-in mechanisms stand together in `docs/mechanisms.md`.

/// Mechanisms that a reader looks for together.
pub struct Group {
    /// Heading.
    pub title: &'static str,
    /// What is to be said before its table; empty when the heading says it.
    pub about: &'static str,
    /// Names, in the order of the document.
    pub names: &'static [&'static str],
}

/// Every built-in mechanism is in exactly one group.
pub const GROUPS: &[Group] = &[
    Group {
        title: "Clamps and played conductances",
        about: "",
        names: &["IClamp", "SEClamp", "PlayedConductance"],
    },
    Group {
        title: "Leak",
        about: "The capacitance is a property of the cell (`capacitance`), not a mechanism; what it carries is \
                `i_membrane` less the currents of the mechanisms.",
        names: &["pas", "leak_na", "leak_k"],
    },
    Group { title: "Squid axon", about: "", names: &["hh"] },
    Group {
        title: "Layer-5 pyramidal cell",
        about: "The set of Hay, Hill, Schürmann, Markram & Segev 2011, PLoS Comput. Biol. 7:e1002107 (ModelDB 139653), for \
                34 °C. Reversal potentials there: sodium 50 mV, potassium −85 mV.",
        names: &[
            "NaTa_t",
            "NaTs2_t",
            "Nap_Et2",
            "K_Tst",
            "K_Pst",
            "SKv3_1",
            "SK_E2",
            "Ca_HVA",
            "Ca_LVAst",
            "Ih",
            "Im",
            "CaDynamics_E2",
        ],
    },
    Group {
        title: "CA1 pyramidal cell",
        about: "The set of Poirazi, Brannon & Mel 2003, Neuron 37:977 and 37:989 (ModelDB 20212), for 34 °C. Complete with \
                `BK` (medium afterhyperpolarisation), `MS96_km` (M current) and `CaPool`. Gates start at their steady states; \
                in the files of that model some start at 0 or 1. Reversal potentials there: sodium 50 mV, potassium −77 to \
                −80 mV, calcium 140 mV.",
        names: &[
            "CA1_na",
            "CA1_nadend",
            "CA1_nap",
            "CA1_kdr",
            "CA1_kdrdend",
            "CA1_kap",
            "CA1_kad",
            "CA1_h",
            "CA1_cal",
            "CA1_calh",
            "CA1_cat",
            "CA1_car",
            "CA1_carsoma",
            "CA1_sahp",
        ],
    },
    Group {
        title: "Cortical neurons of many shapes",
        about: "The set of Mainen & Sejnowski 1996, Nature 382:363 (ModelDB 2488), for 37 °C. Complete with `CaPool`. \
                Conductances are in pS/µm², as in that model. Reversal potentials there: sodium 60 mV, potassium −90 mV, \
                calcium 140 mV.",
        names: &["MS96_na", "MS96_kv", "MS96_km", "MS96_kca", "MS96_ca"],
    },
    Group {
        title: "Auditory brain stem",
        about: "Ventral cochlear nucleus (`VCN_`): Rothman & Manis 2003, J. Neurophysiol. 89:3097. Medial superior olive: Zhou, \
                Carney & Colburn 2005, J. Neurosci. 25:3046 (ModelDB 53869), which is `MSO_na`, `MSO_kht`, `VCN_klt`, `VCN_h` \
                and `pas`. Reversal potentials: sodium 55 mV, potassium −70 mV, `VCN_h` −43 mV, leak −65 mV.",
        names: &["VCN_na", "VCN_klt", "VCN_kht", "VCN_ka", "VCN_h", "MSO_na", "MSO_kht"],
    },
    Group { title: "Further channels", about: "", names: &["Na_markov", "BK", "SK2", "CaT_GHK"] },
    Group { title: "Calcium inside", about: "", names: &["CaPool", "CaPump", "CaBuffer"] },
    Group {
        title: "Synapses and junctions",
        about: "",
        names: &[
            "ExpSyn",
            "Exp2Syn",
            "AMPANMDA",
            "ExpAMPANMDA",
            "GABAA",
            "GABAB",
            "TsodyksMarkram",
            "TsodyksMarkram3",
            "StochasticSyn",
            "StochasticTM",
            "STDPSyn",
            "GradedSyn",
            "GapJunction",
        ],
    },
    Group { title: "Dendritic spikes without channels", about: "", names: &["dCaAP"] },
    Group { title: "Artificial cells", about: "", names: &["LeakyFire", "SpikeTrain"] },
];
