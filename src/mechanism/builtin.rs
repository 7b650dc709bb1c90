//! The texts of `mechanisms/`, compiled into the library so that it needs no files at run time.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// File name and text of each built-in mechanism.
        pub const FILES: &[(&str, &str)] = &[
            $((concat!($name, ".mod"), include_str!(concat!("../../mechanisms/", $name, ".mod")))),*
        ];
    };
}

files![
    "AMPANMDA",
    "BK",
    "CA1_cal",
    "CA1_calh",
    "CA1_car",
    "CA1_carsoma",
    "CA1_cat",
    "CA1_h",
    "CA1_kad",
    "CA1_kap",
    "CA1_kdr",
    "CA1_kdrdend",
    "CA1_na",
    "CA1_nadend",
    "CA1_nap",
    "CA1_sahp",
    "CaBuffer",
    "CaDynamics_E2",
    "CaPool",
    "CaPump",
    "CaT_GHK",
    "Ca_HVA",
    "Ca_LVAst",
    "Exp2Syn",
    "ExpAMPANMDA",
    "ExpSyn",
    "GABAA",
    "GABAB",
    "GapJunction",
    "GradedSyn",
    "IClamp",
    "Ih",
    "Im",
    "K_Pst",
    "K_Tst",
    "LeakyFire",
    "MS96_ca",
    "MS96_kca",
    "MS96_km",
    "MS96_kv",
    "MS96_na",
    "MSO_kht",
    "MSO_na",
    "NaTa_t",
    "NaTs2_t",
    "Na_markov",
    "Nap_Et2",
    "PlayedConductance",
    "SEClamp",
    "SK2",
    "SK_E2",
    "SKv3_1",
    "STDPSyn",
    "SpikeTrain",
    "StochasticSyn",
    "StochasticTM",
    "TsodyksMarkram",
    "TsodyksMarkram3",
    "VCN_h",
    "VCN_ka",
    "VCN_kht",
    "VCN_klt",
    "VCN_na",
    "dCaAP",
    "hh",
    "leak_k",
    "leak_na",
    "pas",
];

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn every_file_of_the_folder_is_built_in_and_compiles() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/mechanisms");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let built_in: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(built_in, there);
        for (name, text) in FILES {
            if let Err(findings) = apical_nmodl::compile(text) {
                let shown: String = findings.iter().map(|d| d.render(name, text)).collect();
                panic!("{shown}");
            }
        }
    }
}
