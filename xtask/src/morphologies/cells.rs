//! The cells themselves.

use super::grow::{Arbor, Growth, Random, Vector, along, norm};
use super::swc::{Soma, Thickness, text};

const AXON: i32 = 2;
const BASAL: i32 = 3;
const APICAL: i32 = 4;

/// Every file's name and text.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("layer5_pyramidal.swc", layer5()),
        ("ca1_pyramidal.swc", ca1()),
        ("layer4_stellate.swc", stellate()),
        ("purkinje.swc", purkinje()),
        ("mso_bipolar.swc", mso()),
        ("ball_and_stick.swc", ball_and_stick()),
    ]
}

const MADE: &str = "Made by `cargo xtask morphologies` (space colonisation, seed SEED); not a reconstruction.
Where branches meet the squares of diameters add up. Types: 1 soma, 2 axon, 3 basal dendrite, 4 apical dendrite.";

fn header(title: &str, seed: u64) -> String {
    format!("{title}\n{}", MADE.replace("SEED", &seed.to_string()))
}

/// Directions spread evenly over a cap around `axis`: a point is drawn and kept away from those before.
fn spread(count: usize, axis: Vector, opening: f64, random: &mut Random) -> Vec<Vector> {
    let mut found: Vec<Vector> = Vec::new();
    let mut apart = 1.2;
    while found.len() < count {
        let p = random.point([1.0; 3], |p| norm(p) < 1.0 && norm(p) > 0.1);
        let unit = along([0.0; 3], p, 1.0 / norm(p));
        let cosine: f64 = (0..3).map(|i| unit[i] * axis[i]).sum();
        let clear = found.iter().all(|f| norm(along(*f, unit, -1.0)) > apart);
        if cosine > opening && clear {
            found.push(unit);
        }
        apart *= 0.999;
    }
    found
}

/// Stems in these directions from the surface of a soma; returns their last nodes.
fn stems(
    arbor: &mut Arbor,
    directions: &[Vector],
    radius: f64,
    length: f64,
    tag: i32,
    random: &mut Random,
) -> Vec<usize> {
    directions
        .iter()
        .filter_map(|&d| arbor.stem(along([0.0; 3], d, radius), d, length, 5.0, tag, random).last().copied())
        .collect()
}

fn layer5() -> String {
    let seed = 5;
    let random = &mut Random::new(seed);
    let arbor = &mut Arbor::default();
    let growth = Growth { step: 5.0, reach: 14.0, sight: 110.0, wander: 0.12, keep: 0.55, twig: 6 };
    // Basal skirt: six trees within 180 um, mostly sideways and down.
    let down = spread(6, [0.0, -1.0, 0.0], -0.25, random);
    let seeds = stems(arbor, &down, 10.0, 20.0, BASAL, random);
    let basal = |p: Vector| norm(p) > 40.0 && norm(p) < 190.0 && p[1] < 70.0;
    let points = (0..130).map(|_| random.point([190.0; 3], basal)).collect();
    arbor.grow(&seeds, points, BASAL, &growth, random);
    // Trunk with obliques in the first 350 um.
    let trunk = arbor.stem([0.0, 10.0, 0.0], [0.05, 1.0, 0.02], 640.0, 5.0, APICAL, random);
    let oblique = |p: Vector| {
        let r = (p[0] * p[0] + p[2] * p[2]).sqrt();
        r > 25.0 && r < 160.0
    };
    let points: Vec<Vector> = (0..44)
        .map(|_| along(random.point([160.0, 150.0, 160.0], oblique), [10.0, 240.0, 4.0], 1.0))
        .collect();
    let shoots: Vec<usize> = trunk.iter().copied().skip(10).step_by(6).take(11).collect();
    arbor.grow(&shoots, points, APICAL, &Growth { sight: 170.0, ..growth }, random);
    // Tuft: from the main bifurcation to the pia, wider at the top.
    let top = trunk.last().copied().unwrap_or(0);
    let crown = arbor.nodes[top].at;
    let tuft = |p: Vector| {
        let r = (p[0] * p[0] + p[2] * p[2]).sqrt();
        let height = p[1] + 250.0;
        r < 40.0 + 0.36 * height && height > 60.0
    };
    let points = (0..95)
        .map(|_| along(random.point([230.0, 250.0, 230.0], tuft), crown, 1.0))
        .map(|p| along(p, [0.0, 250.0, 0.0], 1.0))
        .collect();
    arbor.grow(&[top], points, APICAL, &Growth { sight: 190.0, keep: 0.8, ..growth }, random);
    arbor.stem([0.0, -10.0, 0.0], [0.05, -1.0, 0.0], 60.0, 5.0, AXON, random);
    let title = "Thick-tufted layer-5 pyramidal cell (rat somatosensory cortex in its measures).
Basal radius about 180 um, main bifurcation 650 um above the soma, tuft to 1150 um; ranges: Mainen & Sejnowski 1996
(Nature 382:363), Hay et al. 2011 (PLoS Comput. Biol. 7:e1002107), Ramaswamy & Markram 2015 (Front. Cell. Neurosci. 9:233).
The axon is the initial segment alone.";
    let thickness = |tag: i32| match tag {
        AXON => Thickness { tip: 1.0, taper: 0.006, most: 1.5 },
        APICAL => Thickness { tip: 0.6, taper: 0.0006, most: 5.5 },
        _ => Thickness { tip: 0.6, taper: 0.001, most: 3.0 },
    };
    text(&header(title, seed), &Soma { radius: 10.0 }, arbor, &thickness)
}

fn ca1() -> String {
    let seed = 11;
    let random = &mut Random::new(seed);
    let arbor = &mut Arbor::default();
    let growth = Growth { step: 5.0, reach: 12.0, sight: 100.0, wander: 0.12, keep: 0.6, twig: 6 };
    let down = spread(5, [0.0, -1.0, 0.0], 0.25, random);
    let seeds = stems(arbor, &down, 7.0, 15.0, BASAL, random);
    let oriens = |p: Vector| {
        let r = (p[0] * p[0] + p[2] * p[2]).sqrt();
        p[1] < -30.0 && norm(p) < 210.0 && r < 20.0 - 0.85 * p[1]
    };
    let points = (0..170).map(|_| random.point([160.0, 210.0, 120.0], oriens)).collect();
    arbor.grow(&seeds, points, BASAL, &growth, random);
    // Stratum radiatum: a trunk of 330 um that gives off many obliques.
    let trunk = arbor.stem([0.0, 7.0, 0.0], [-0.04, 1.0, 0.02], 330.0, 5.0, APICAL, random);
    let radiatum = |p: Vector| {
        let r = (p[0] * p[0] + p[2] * p[2]).sqrt();
        r > 20.0 && r < 135.0
    };
    let points: Vec<Vector> = (0..150)
        .map(|_| along(random.point([130.0, 160.0, 100.0], radiatum), [-6.0, 195.0, 3.0], 1.0))
        .collect();
    let shoots: Vec<usize> = trunk.iter().copied().skip(8).step_by(2).take(28).collect();
    arbor.grow(&shoots, points, APICAL, &Growth { sight: 120.0, ..growth }, random);
    // Stratum lacunosum-moleculare: the tuft.
    let top = trunk.last().copied().unwrap_or(0);
    let crown = arbor.nodes[top].at;
    let tuft = |p: Vector| (p[0] * p[0] + p[2] * p[2]).sqrt() < 90.0 + 0.7 * p[1];
    let points = (0..85)
        .map(|_| {
            along(random.point([150.0, 100.0, 110.0], tuft), [crown[0], crown[1] + 150.0, crown[2]], 1.0)
        })
        .collect();
    arbor.grow(&[top], points, APICAL, &Growth { sight: 170.0, keep: 0.7, ..growth }, random);
    arbor.stem([0.0, -7.0, 0.0], [0.3, -1.0, 0.1], 50.0, 5.0, AXON, random);
    let title = "CA1 pyramidal cell (rat hippocampus in its measures).
Basal tree in stratum oriens, trunk of 330 um with obliques in stratum radiatum, tuft in lacunosum-moleculare to 600 um;
ranges: Ishizuka, Cowan & Amaral 1995 (J. Comp. Neurol. 362:17), Megias et al. 2001 (Neuroscience 102:527).
The axon is the initial segment alone.";
    let thickness = |tag: i32| match tag {
        AXON => Thickness { tip: 0.9, taper: 0.006, most: 1.2 },
        APICAL => Thickness { tip: 0.5, taper: 0.001, most: 4.0 },
        _ => Thickness { tip: 0.5, taper: 0.001, most: 2.5 },
    };
    text(&header(title, seed), &Soma { radius: 7.0 }, arbor, &thickness)
}

fn stellate() -> String {
    let seed = 4;
    let random = &mut Random::new(seed);
    let arbor = &mut Arbor::default();
    let growth = Growth { step: 4.0, reach: 14.0, sight: 90.0, wander: 0.15, keep: 0.6, twig: 6 };
    let around = spread(5, [0.0, 1.0, 0.0], -1.1, random);
    let seeds = stems(arbor, &around, 6.5, 12.0, BASAL, random);
    let ball = |p: Vector| norm(p) > 30.0 && norm(p) < 140.0;
    let points = (0..58).map(|_| random.point([140.0; 3], ball)).collect();
    arbor.grow(&seeds, points, BASAL, &growth, random);
    arbor.stem([0.0, -6.5, 0.0], [-0.2, -1.0, 0.1], 40.0, 4.0, AXON, random);
    let title = "Spiny stellate cell of layer 4 (rat barrel cortex in its measures).
Five dendrites within 140 um of the soma; ranges: Lubke et al. 2000 (J. Neurosci. 20:5300), Mainen & Sejnowski 1996
(Nature 382:363). The axon is the initial segment alone.";
    let thickness = |tag: i32| match tag {
        AXON => Thickness { tip: 0.8, taper: 0.006, most: 1.0 },
        _ => Thickness { tip: 0.5, taper: 0.002, most: 2.2 },
    };
    text(&header(title, seed), &Soma { radius: 6.5 }, arbor, &thickness)
}

fn purkinje() -> String {
    let seed = 8;
    let random = &mut Random::new(seed);
    let arbor = &mut Arbor::default();
    let growth = Growth { step: 2.5, reach: 4.0, sight: 24.0, wander: 0.12, keep: 0.3, twig: 2 };
    let stem = arbor.stem([0.0, 11.0, 0.0], [0.08, 1.0, 0.0], 24.0, 3.0, BASAL, random);
    let seeds: Vec<usize> = stem.last().copied().into_iter().collect();
    // A fan 240 um wide and 210 um high, flat in z.
    let fan = |p: Vector| {
        let (x, y) = (p[0] / 125.0, (p[1] + 70.0) / 180.0);
        x * x + y * y < 1.0 && p[1] > -105.0 + 0.35 * p[0].abs()
    };
    let points =
        (0..4200).map(|_| along(random.point([125.0, 110.0, 6.0], fan), [0.0, 145.0, 0.0], 1.0)).collect();
    arbor.grow(&seeds, points, BASAL, &growth, random);
    arbor.stem([0.0, -11.0, 0.0], [0.0, -1.0, 0.1], 40.0, 4.0, AXON, random);
    let title = "Purkinje-like cell (rodent cerebellum in its measures).
One primary dendrite and a flat fan 240 um wide and 210 um high; ranges: Rapp, Segev & Yarom 1994 (J. Physiol. 474:101),
Roth & Hausser 2001 (J. Physiol. 535:445), McKay & Turner 2005 (J. Physiol. 567:829). The axon is the initial segment alone.";
    let thickness = |tag: i32| match tag {
        AXON => Thickness { tip: 1.0, taper: 0.006, most: 1.4 },
        _ => Thickness { tip: 0.8, taper: 0.0, most: 6.5 },
    };
    text(&header(title, seed), &Soma { radius: 11.0 }, arbor, &thickness)
}

fn mso() -> String {
    let seed = 2;
    let random = &mut Random::new(seed);
    let arbor = &mut Arbor::default();
    let growth = Growth { step: 4.0, reach: 9.0, sight: 90.0, wander: 0.12, keep: 0.5, twig: 4 };
    for side in [-1.0, 1.0] {
        let stem = arbor.stem([10.0 * side, 0.0, 0.0], [side, 0.04, 0.0], 55.0, 4.0, BASAL, random);
        let seeds: Vec<usize> = stem.last().copied().into_iter().collect();
        let cone = |p: Vector| (p[1] * p[1] + p[2] * p[2]).sqrt() < 12.0 + 0.2 * (p[0] + 50.0);
        let points = (0..16)
            .map(|_| along(random.point([50.0, 34.0, 26.0], cone), [0.0; 3], 1.0))
            .map(|p| [side * (p[0] + 135.0), p[1], p[2]])
            .collect();
        arbor.grow(&seeds, points, BASAL, &growth, random);
    }
    arbor.stem([0.0, -10.0, 0.0], [0.1, -1.0, 0.0], 80.0, 5.0, AXON, random);
    let title = "Bipolar cell of the medial superior olive (gerbil in its measures).
Two dendrites to opposite sides, 150-200 um long with few branches; ranges: Rautenberg et al. 2009 (J. Neurosci. 29:14421),
Zhou, Carney & Colburn 2005 (J. Neurosci. 25:3046). The axon is the initial segment alone.";
    let thickness = |tag: i32| match tag {
        AXON => Thickness { tip: 1.2, taper: 0.003, most: 1.6 },
        _ => Thickness { tip: 1.6, taper: 0.001, most: 3.5 },
    };
    text(&header(title, seed), &Soma { radius: 10.0 }, arbor, &thickness)
}

fn ball_and_stick() -> String {
    let mut arbor = Arbor::default();
    let seed = 0;
    arbor.nodes.push(super::grow::Node { at: [10.0, 0.0, 0.0], parent: None, tag: BASAL });
    for i in 1..=10 {
        let at = [10.0 + 50.0 * f64::from(i), 0.0, 0.0];
        arbor.nodes.push(super::grow::Node { at, parent: Some(i as usize - 1), tag: BASAL });
    }
    let title = "Ball and stick: a soma of 20 um and a cylinder of 500 x 2 um.";
    let thickness = |_| Thickness { tip: 2.0, taper: 0.0, most: 2.0 };
    text(&header(title, seed), &Soma { radius: 10.0 }, &arbor, &thickness)
}
