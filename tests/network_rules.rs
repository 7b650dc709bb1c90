//! Rules of connection: exact where a rule is exact, and otherwise statistics of fixed seeds, whose false alarms would come once in
//! a million seeds.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::collections::HashSet;
use std::path::Path;

use apical::cell::{Cell, SectionDescription};
use apical::model::Detector;
use apical::network::{
    Connection, Distribution, Drawn, Instance, Listed, Network, Population, Positions, Profile, Projection,
    Rule,
};

/// Cells with a synapse at the soma and twenty on a dendrite.
fn population(name: &str, count: usize) -> Population {
    let section = |name: &str, length: f64, parent: Option<&str>| SectionDescription {
        name: name.to_owned(),
        length: Some(length),
        diameter: Some(5.0),
        parent: parent.map(str::to_owned),
        ..SectionDescription::default()
    };
    let cell = Cell {
        section: vec![section("soma", 20.0, None), section("dend", 200.0, Some("soma"))],
        ..Cell::default()
    }
    .place("one", "soma(0.5)", "ExpSyn", [])
    .place("twenty", "(uniform (section \"dend\") 0 19 1)", "ExpSyn", []);
    Population {
        name: name.to_owned(),
        count,
        cell,
        spike: Detector::voltage("spike", "soma(0.5)", 0.0),
        ..Population::default()
    }
}

fn network(sizes: &[(&str, usize)]) -> Network {
    let mut network = Network::new(100.0);
    network.populations = sizes.iter().map(|&(name, count)| population(name, count)).collect();
    network
}

fn projection(from: &str, to: &str, rule: Rule) -> Projection {
    Projection {
        weight: Some(0.5.into()),
        delay: Some(1.0.into()),
        ..Projection::new("projection", from, to, "one", rule)
    }
}

/// The connections of a network's projections, one after the other.
fn connections(network: &Network) -> apical::Result<Vec<Connection>> {
    let wiring = network.wire(Path::new("."))?;
    let mut connections = Vec::new();
    for number in 0..wiring.projection_count() {
        wiring.connections(number, |connection| {
            connections.push(connection);
            Ok(())
        })?;
    }
    Ok(connections)
}

fn made(sizes: &[(&str, usize)], projection: Projection) -> Vec<Connection> {
    let mut network = network(sizes);
    network.projections.push(projection);
    connections(&network).unwrap()
}

fn pairs(connections: &[Connection]) -> Vec<(u32, u32)> {
    connections.iter().map(|c| (c.from, c.to.cell)).collect()
}

/// How many connections each of so many cells has, from `first` on.
fn degrees(cells: impl Iterator<Item = u32>, first: u32, count: usize) -> Vec<u32> {
    let mut degrees = vec![0; count];
    cells.for_each(|cell| degrees[(cell - first) as usize] += 1);
    degrees
}

/// Whether a sum of many independent terms of these mean and variance is what it should be: five standard deviations.
#[track_caller]
fn assert_near(found: f64, mean: f64, variance: f64) {
    assert!((found - mean).abs() < 5.0 * variance.sqrt(), "{found}, not {mean} ± {}", variance.sqrt());
}

#[test]
fn all_to_all_and_one_to_one_are_exact() {
    let all = pairs(&made(&[("a", 3), ("b", 2)], projection("a", "b", Rule::AllToAll { autapses: false })));
    assert_eq!(all, [(0, 3), (1, 3), (2, 3), (0, 4), (1, 4), (2, 4)]);
    let within = pairs(&made(&[("a", 3)], projection("a", "a", Rule::AllToAll { autapses: false })));
    assert_eq!(within, [(1, 0), (2, 0), (0, 1), (2, 1), (0, 2), (1, 2)]);
    let autapses = made(&[("a", 3)], projection("a", "a", Rule::AllToAll { autapses: true }));
    assert_eq!(autapses.len(), 9);
    let own = pairs(&made(&[("a", 3), ("b", 3)], projection("a", "b", Rule::OneToOne {})));
    assert_eq!(own, [(0, 3), (1, 4), (2, 5)]);
}

/// In-degrees are binomial: their sum by a z test, their distribution by chi-square over classes that expect 20 cells or more.
#[test]
fn pairwise_probability_gives_binomial_in_degrees() {
    let (sources, targets, p) = (400, 3000, 0.02);
    let rule = Rule::Probability { probability: p, autapses: false };
    let made = made(&[("a", sources), ("b", targets)], projection("a", "b", rule));
    let pairs_of_cells = (sources * targets) as f64;
    assert_near(made.len() as f64, p * pairs_of_cells, p * (1.0 - p) * pairs_of_cells);
    assert_eq!(pairs(&made).into_iter().collect::<HashSet<_>>().len(), made.len(), "no multapses");

    let degrees = degrees(made.iter().map(|c| c.to.cell), sources as u32, targets);
    let mut expected = (1.0 - p).powi(sources as i32);
    let mut classes: Vec<(f64, f64)> = vec![(0.0, 0.0)];
    for k in 0..=sources {
        let last = classes.last_mut().unwrap();
        last.0 += expected * targets as f64;
        last.1 += degrees.iter().filter(|&&d| d as usize == k).count() as f64;
        if last.0 >= 20.0 {
            classes.push((0.0, 0.0));
        }
        expected *= (sources - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    let rest = classes.pop().unwrap();
    let last = classes.last_mut().unwrap();
    *last = (last.0 + rest.0, last.1 + rest.1);
    let chi_square: f64 = classes.iter().map(|(e, o)| (e - o).powi(2) / e).sum();
    let freedom = (classes.len() - 1) as f64;
    // Wilson and Hilferty: the cube root of chi-square over its degrees of freedom is nearly normal.
    let z = ((chi_square / freedom).cbrt() - (1.0 - 2.0 / (9.0 * freedom))) / (2.0 / (9.0 * freedom)).sqrt();
    assert!(z < 4.75, "chi-square {chi_square} with {freedom} degrees of freedom");
    assert!(classes.len() > 12, "{} classes", classes.len());
}

#[test]
fn probabilities_of_0_and_1_are_none_and_all() {
    let of = |p| {
        made(
            &[("a", 30), ("b", 20)],
            projection("a", "b", Rule::Probability { probability: p, autapses: false }),
        )
    };
    assert_eq!((of(0.0).len(), of(1.0).len()), (0, 600));
}

#[test]
fn fixed_degrees_are_exact() {
    for (multapses, autapses) in [(false, false), (false, true), (true, false), (true, true)] {
        let rule = Rule::FixedInDegree { degree: 17, multapses, autapses };
        let made = made(&[("x", 5), ("a", 40)], projection("a", "a", rule));
        assert!(degrees(made.iter().map(|c| c.to.cell), 5, 40).iter().all(|&d| d == 17));
        let own = made.iter().filter(|c| c.from == c.to.cell).count();
        assert_eq!(own > 0, autapses, "{own} autapses");
        let different = pairs(&made).into_iter().collect::<HashSet<_>>().len();
        assert_eq!(different < made.len(), multapses, "{different} different pairs");
        // Every source is as likely: the out-degrees vary as hypergeometric or multinomial numbers do.
        let out = degrees(made.iter().map(|c| c.from), 5, 40);
        out.iter().for_each(|&d| assert_near(f64::from(d), 17.0, 17.0));
    }
    let rule = Rule::FixedOutDegree { degree: 3, multapses: false, autapses: false };
    let made = made(&[("a", 50), ("b", 8)], projection("a", "b", rule));
    assert!(degrees(made.iter().map(|c| c.from), 0, 50).iter().all(|&d| d == 3));
    assert_eq!(pairs(&made).into_iter().collect::<HashSet<_>>().len(), 150);
}

#[test]
fn as_many_sources_as_there_are_is_all_of_them() {
    let rule = Rule::FixedInDegree { degree: 9, multapses: false, autapses: false };
    let all = Rule::AllToAll { autapses: false };
    assert_eq!(
        pairs(&made(&[("a", 10)], projection("a", "a", rule))),
        pairs(&made(&[("a", 10)], projection("a", "a", all)))
    );
}

/// The number of connections in rings of distance, against the sum of the probabilities of their pairs.
#[test]
fn probability_falls_with_distance_in_space() {
    for profile in [Profile::Gaussian, Profile::Exponential] {
        let (peak, length) = (0.8, 100.0);
        let mut network = network(&[("a", 1200), ("b", 800)]);
        network.populations[0].positions =
            Some(Positions::Box { low: [0.0; 3], high: [400.0, 400.0, 100.0] });
        network.populations[1].positions =
            Some(Positions::Grid { counts: [20, 20, 2], spacing: 20.0, origin: [5.0, 0.0, 10.0] });
        let rule = Rule::Distance { profile, peak, length, autapses: false };
        network.projections.push(projection("a", "b", rule));
        let made = connections(&network).unwrap();
        let positions = network.positions("a").unwrap();
        let grid = network.positions("b").unwrap();
        assert_eq!((grid[1], grid[21], grid[400]), ([25.0, 0.0, 10.0], [25.0, 20.0, 10.0], [5.0, 0.0, 30.0]));
        let inside = |p: &[f64; 3]| (0.0..=400.0).contains(&p[0]) && (0.0..=100.0).contains(&p[2]);
        assert!(positions.iter().all(inside));
        let distance = |a: &[f64; 3], b: &[f64; 3]| (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt();
        let mut rings = [(0.0, 0.0, 0.0); 6];
        for a in &positions {
            for b in &grid {
                let d = distance(a, b);
                let p = peak
                    * match profile {
                        Profile::Gaussian => (-0.5 * (d / length).powi(2)).exp(),
                        Profile::Exponential => (-d / length).exp(),
                    };
                let ring = &mut rings[((d / 60.0) as usize).min(5)];
                *ring = (ring.0 + p, ring.1 + p * (1.0 - p), ring.2);
            }
        }
        for c in &made {
            let d = distance(&positions[c.from as usize], &grid[c.to.cell as usize - 1200]);
            rings[((d / 60.0) as usize).min(5)].2 += 1.0;
        }
        rings.iter().for_each(|&(mean, variance, found)| assert_near(found, mean, variance));
    }
}

#[test]
fn instances_are_drawn_taken_in_turn_or_fixed() {
    let of = |instance| {
        let rule = Rule::FixedInDegree { degree: 50, multapses: true, autapses: false };
        let projection = Projection { instance, place: "twenty".to_owned(), ..projection("a", "b", rule) };
        made(&[("a", 30), ("b", 100)], projection)
    };
    let uniform = of(Instance::Uniform);
    for instance in 0..20 {
        let count = uniform.iter().filter(|c| c.to.instance == instance).count();
        assert_near(count as f64, 250.0, 5000.0 * 0.05 * 0.95);
    }
    for (number, connection) in of(Instance::InTurn).iter().enumerate() {
        assert_eq!(connection.to.instance as usize, number % 50 % 20);
    }
    assert!(of(Instance::Fixed(7)).iter().all(|c| c.to.instance == 7 && c.to.place == 1));
}

#[test]
fn weights_and_delays_have_their_distributions() {
    let of = |drawn: Drawn| -> Vec<f64> {
        let projection = Projection {
            delay: Some(drawn.into()),
            ..projection("a", "b", Rule::AllToAll { autapses: false })
        };
        made(&[("a", 200), ("b", 200)], projection).iter().map(|c| c.delay).collect()
    };
    // Mean, variance and excess kurtosis.
    let cases = [
        (Drawn::Uniform { minimum: 1.0, maximum: 3.0 }, 2.0, 1.0 / 3.0, -1.2),
        (
            Drawn::Normal { mean: 5.0, standard_deviation: 0.5, minimum: Some(0.1), maximum: None },
            5.0,
            0.25,
            0.0,
        ),
        (Drawn::Gamma { mean: 4.0, shape: 8.0, minimum: Some(0.025), maximum: None }, 4.0, 2.0, 0.75),
        (Drawn::Exponential { offset: 0.5, mean: 2.0, maximum: None }, 2.5, 4.0, 6.0),
    ];
    for (drawn, mean, variance, kurtosis) in cases {
        let values = of(drawn);
        let n = values.len() as f64;
        let found = values.iter().sum::<f64>() / n;
        assert_near(found, mean, variance / n);
        let spread = values.iter().map(|v| (v - found).powi(2)).sum::<f64>() / n;
        assert_near(spread, variance, variance * variance * (2.0 + kurtosis) / n);
    }
    let lognormal = of(Drawn::Lognormal { median: 2.0, sigma: 0.7, minimum: None, maximum: None });
    assert_near(lognormal.iter().filter(|&&v| v < 2.0).count() as f64, 20_000.0, 10_000.0);
    // One standard deviation above: 0.158655.
    let above = lognormal.iter().filter(|&&v| v > 2.0 * 0.7_f64.exp()).count() as f64;
    assert_near(above, 0.158_655 * 40_000.0, 0.158_655 * 0.841_345 * 40_000.0);
}

/// What lies outside stated cut-offs is drawn again: the rest keeps its shape and does not pile up at the cut-offs.
#[test]
fn cut_offs_redraw_and_do_not_clip() {
    let cut = Drawn::Normal { mean: 0.0, standard_deviation: 1.0, minimum: Some(0.5), maximum: Some(1.5) };
    let projection =
        Projection { delay: Some(cut.into()), ..projection("a", "b", Rule::AllToAll { autapses: false }) };
    let delays: Vec<f64> = made(&[("a", 100), ("b", 200)], projection).iter().map(|c| c.delay).collect();
    assert!(delays.iter().all(|d| (0.5..=1.5).contains(d)));
    assert_eq!(delays.iter().filter(|&&d| d == 0.5 || d == 1.5).count(), 0);
    // The normal integral from 0.5 to 1 over that from 0.5 to 1.5.
    let share = (0.841_344_746 - 0.691_462_461) / (0.933_192_799 - 0.691_462_461);
    let below = delays.iter().filter(|&&d| d < 1.0).count() as f64;
    assert_near(below, share * 20_000.0, share * (1.0 - share) * 20_000.0);
}

#[test]
fn a_delay_that_is_drawn_too_short_is_refused() {
    let without = Drawn::Normal { mean: 0.1, standard_deviation: 0.05, minimum: None, maximum: None };
    let mut network = network(&[("a", 50), ("b", 50)]);
    let delay = Some(Distribution::Drawn(without));
    network
        .projections
        .push(Projection { delay, ..projection("a", "b", Rule::AllToAll { autapses: false }) });
    let error = connections(&network).unwrap_err();
    assert_eq!(error.document_key(), Some("projection[0].delay"));
    assert!(error.message().ends_with("at least the time step of 0.025 ms"), "{}", error.message());
}

/// The other populations, projections and their order change nothing; the seed and the name change all.
#[test]
fn what_is_drawn_depends_on_the_seed_the_name_and_the_cells_number() {
    let rules = [
        Rule::Probability { probability: 0.1, autapses: false },
        Rule::FixedInDegree { degree: 9, multapses: false, autapses: false },
        Rule::FixedOutDegree { degree: 9, multapses: true, autapses: false },
    ];
    for rule in rules {
        let lone = Projection {
            weight: Some(Drawn::Uniform { minimum: 0.0, maximum: 1.0 }.into()),
            place: "twenty".to_owned(),
            ..projection("a", "b", rule)
        };
        let all = |network: &Network, projection: usize| {
            let wiring = network.wire(Path::new(".")).unwrap();
            let mut all = Vec::new();
            let first = network.first_cell(network.population("a").unwrap()) as u32;
            let target = network.first_cell(network.population("b").unwrap()) as u32;
            wiring
                .connections(projection, |c| {
                    all.push((c.from - first, c.to.cell - target, c.to.instance, c.weight.to_bits()));
                    Ok(())
                })
                .unwrap();
            all
        };
        let mut alone = network(&[("a", 60), ("b", 70)]);
        alone.projections.push(lone.clone());
        let expected = all(&alone, 0);
        assert!(expected.len() > 300);
        let mut among = network(&[("c", 7), ("b", 70), ("a", 60)]);
        let other = Projection { name: "other".to_owned(), ..lone.clone() };
        among.projections = vec![other, lone.clone()];
        assert!(all(&among, 1) == expected);
        assert!(all(&among, 0) != expected, "another name draws the same");
        let mut seeded = alone.clone();
        seeded.run.seed = 2;
        assert!(all(&seeded, 0) != expected, "another seed draws the same");
    }
}

#[test]
fn a_list_and_a_file_agree() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("network_rules");
    std::fs::create_dir_all(&folder).unwrap();
    let text = "# made by hand\nfrom, to, weight, delay, instance\n0,1,0.25,1.5,3\n\n2,0,-1e-3,0.025,19\n2,0,0.5,2,0\n";
    std::fs::write(folder.join("list.csv"), text).unwrap();
    let listed = |from, to, instance, weight, delay| Listed {
        from,
        to,
        instance: Some(instance),
        weight: Some(weight),
        delay: Some(delay),
    };
    let list = vec![listed(0, 1, 3, 0.25, 1.5), listed(2, 0, 19, -1e-3, 0.025), listed(2, 0, 0, 0.5, 2.0)];
    let of = |rule| {
        let mut network = network(&[("a", 3), ("b", 2)]);
        network.projections.push(Projection::new("listed", "a", "b", "twenty", rule));
        let wiring = network.wire(&folder).unwrap();
        let mut all = Vec::new();
        wiring
            .connections(0, |c| {
                all.push(c);
                Ok(())
            })
            .unwrap();
        all
    };
    let from_list = of(Rule::List { connections: list });
    assert_eq!(from_list, of(Rule::File { path: "list.csv".into() }));
    assert_eq!((from_list[1].from, from_list[1].to.cell, from_list[1].weight), (2, 3, -1e-3));
}

/// A million connections are made one by one: what is held is a cell's partners, not the connections.
#[test]
fn a_million_connections_are_counted() {
    let mut network = network(&[("a", 10_000), ("b", 10_000)]);
    let rule = Rule::FixedInDegree { degree: 100, multapses: false, autapses: false };
    network.projections.push(Projection {
        weight: Some(Drawn::Lognormal { median: 1.0, sigma: 1.0, minimum: None, maximum: None }.into()),
        delay: Some(Drawn::Uniform { minimum: 1.0, maximum: 3.0 }.into()),
        place: "twenty".to_owned(),
        ..projection("a", "b", rule)
    });
    let wiring = network.wire(Path::new(".")).unwrap();
    let mut count = 0;
    wiring
        .connections(0, |_| {
            count += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(count, 1_000_000);
}
