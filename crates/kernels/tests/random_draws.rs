//! Random numbers of mechanisms: every way of asking for them gives its distribution, every instance its own stream, every
//! draw the next of it.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use std::collections::HashMap;

use apical_kernels::{Access, Kernel, Lists, Scratch, random};
use apical_nmodl::ir::{Mechanism, Place, Program};

const INSTANCES: usize = 20_000;

/// A mechanism with a column for every place that its programs touch.
struct Run {
    mechanism: Mechanism,
    memory: Vec<f64>,
    places: HashMap<Place, usize>,
}

impl Run {
    fn new(text: &str, seed: u64) -> Self {
        let mechanism = apical_nmodl::compile(text).unwrap_or_else(|errors| panic!("{errors:?}"));
        let mut run = Self { mechanism, memory: Vec::new(), places: HashMap::new() };
        let streams = run.column(Place::Stream);
        for instance in 0..INSTANCES {
            run.memory[streams + instance] = random::stream(seed, 0, instance as u32);
        }
        run
    }

    fn column(&mut self, place: Place) -> usize {
        let next = self.memory.len();
        let offset = *self.places.entry(place).or_insert(next);
        if offset == next {
            self.memory.resize(next + INSTANCES, 0.0);
        }
        offset
    }

    fn program(&mut self, program: &Program) {
        let kernel =
            Kernel::compile(program, &mut |place| Some(Access::Column(self.column(place))), &[]).unwrap();
        kernel.run(&mut self.memory, &Lists::default(), 0..INSTANCES, &mut Scratch::default());
    }

    fn initial(&mut self) -> &mut Self {
        let program = self.mechanism.initial.clone();
        self.program(&program);
        self
    }

    fn receive(&mut self) -> &mut Self {
        let program = self.mechanism.net_receive.clone().unwrap();
        self.program(&program);
        self
    }

    /// What a variable is in every instance.
    fn values(&mut self, name: &str) -> Vec<f64> {
        let index = self.mechanism.variables.iter().position(|v| v.name == name).unwrap();
        let offset = self.column(Place::Variable(apical_nmodl::ir::VariableId(index as u32)));
        self.memory[offset..][..INSTANCES].to_vec()
    }
}

fn drawn(expression: &str, more: &str) -> Vec<f64> {
    let text = format!(
        "NEURON {{ POINT_PROCESS x RANGE a RANDOM r }} ASSIGNED {{ a }} INITIAL {{ a = {expression} }} {more}"
    );
    Run::new(&text, 1).initial().values("a")
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>() / a.len() as f64
}

/// The largest distance from a distribution function, of which 1.63/√n is exceeded once in a hundred times.
fn check(name: &str, mut values: Vec<f64>, distribution: impl Fn(f64) -> f64) {
    values.sort_by(f64::total_cmp);
    let count = values.len() as f64;
    let distance = |(i, x): (usize, &f64)| (distribution(*x) - (i as f64 + 0.5) / count).abs();
    let largest = values.iter().enumerate().map(distance).fold(0.0, f64::max);
    assert!(largest < 1.63 / count.sqrt(), "{name}: {largest}");
    values.dedup();
    assert_eq!(values.len() as f64, count, "{name}: each instance draws a number of its own");
}

fn uniform(low: f64, high: f64) -> impl Fn(f64) -> f64 {
    move |x| ((x - low) / (high - low)).clamp(0.0, 1.0)
}

fn exponential(mean: f64) -> impl Fn(f64) -> f64 {
    move |x| 1.0 - (-x / mean).exp()
}

/// The normal distribution function by its series, good to 1e-9 within six deviations (Marsaglia, J. Stat. Softw. 11, 2004).
fn normal(mean: f64, deviation: f64) -> impl Fn(f64) -> f64 {
    move |x| {
        let z = ((x - mean) / deviation).clamp(-6.0, 6.0);
        let (mut term, mut sum) = (z, z);
        for odd in (3..300).step_by(2) {
            term *= z * z / f64::from(odd);
            sum += term;
        }
        0.5 + sum * (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }
}

#[test]
fn every_way_of_asking_has_its_distribution() {
    check("scop_random", drawn("scop_random()", ""), uniform(0.0, 1.0));
    check("scaled", drawn("2 - 5*scop_random()", ""), uniform(-3.0, 2.0));
    check("random_uniform", drawn("random_uniform(r)", ""), uniform(0.0, 1.0));
    check("random_uniform in bounds", drawn("random_uniform(r, -1, 3)", ""), uniform(-1.0, 3.0));
    check("exprand", drawn("exprand(4)", ""), exponential(4.0));
    check("random_negexp", drawn("random_negexp(r)", ""), exponential(1.0));
    check("random_negexp of a mean", drawn("random_negexp(r, 0.25)", ""), exponential(0.25));
    check("normrand", drawn("normrand(-2, 3)", ""), normal(-2.0, 3.0));
    check("random_normal", drawn("random_normal(r)", ""), normal(0.0, 1.0));
    check("random_normal of a mean", drawn("random_normal(r, 10, 0.5)", ""), normal(10.0, 0.5));
}

#[test]
fn c_that_draws_is_a_draw() {
    let uniform_draw = "FUNCTION urand() { VERBATIM
        double value;
        if (_p_rng) { value = nrn_random_pick(_p_rng); } else { value = 0.5; }
        _lurand = value;
        ENDVERBATIM }";
    check("nrn_random_pick", drawn("urand()", uniform_draw), uniform(0.0, 1.0));
    let exponential_draw = "FUNCTION erand() { VERBATIM
        return nrnran123_negexp((nrnran123_State*)_p_rng);
        ENDVERBATIM }";
    check("nrnran123_negexp", drawn("3*erand()", exponential_draw), exponential(3.0));
    let in_nmodl = "FUNCTION nrand() { VERBATIM
        if (_p_rng) { _lnrand = nrnran123_normal(_p_rng); } else {
        ENDVERBATIM
        nrand = normrand(0, 1)
        VERBATIM
        }
        ENDVERBATIM }";
    check("what NMODL says for lack of a generator", drawn("1 + nrand()", in_nmodl), normal(1.0, 1.0));
}

#[test]
fn every_draw_is_the_next_of_the_instances_own_stream() {
    let text = "NEURON { POINT_PROCESS x RANGE a, b, c } ASSIGNED { a b c }
        INITIAL { a = scop_random() b = scop_random() c = scop_random() - scop_random() }
        NET_RECEIVE(w) { a = scop_random() }";
    let mut run = Run::new(text, 1);
    let (first, second, difference) = (run.initial().values("a"), run.values("b"), run.values("c"));
    // Of the numbers of a stream, one after the other.
    for instance in [0, 1, INSTANCES - 1] {
        let stream = random::stream(1, 0, instance as u32);
        let [a, b, c, d] = [0.0, 1.0, 2.0, 3.0].map(|count| random::draw(stream, count));
        assert_eq!((first[instance], second[instance], difference[instance]), (a, b, c - d));
    }
    // None knows of another: the covariance of two has a deviation of 1/(12 √n).
    let limit = 3.0 / 12.0 / (INSTANCES as f64).sqrt();
    assert!(covariance(&first, &second).abs() < limit);
    assert!(covariance(&first[1..], &first[..INSTANCES - 1]).abs() < limit, "neighbours");
    // Events go on where INITIAL ended, and the same seed repeats everything.
    let received = run.receive().values("a");
    let stream = random::stream(1, 0, 5);
    assert_eq!(received[5], random::draw(stream, 4.0));
    assert_eq!(Run::new(text, 1).initial().receive().values("a"), received);
    assert_ne!(Run::new(text, 2).initial().receive().values("a"), received);
}

#[test]
fn only_what_is_reached_draws() {
    let text = "NEURON { POINT_PROCESS x RANGE a, b } ASSIGNED { a b }
        INITIAL {
            a = scop_random()
            b = 0
            if (a < 0.5) { b = scop_random() }
            a = scop_random()
        }";
    let mut run = Run::new(text, 1);
    let (a, b) = (run.initial().values("a"), run.values("b"));
    for instance in 0..INSTANCES {
        let number = |count| random::draw(random::stream(1, 0, instance as u32), count);
        let expected = if number(0.0) < 0.5 { (number(2.0), number(1.0)) } else { (number(1.0), 0.0) };
        assert_eq!((a[instance], b[instance]), expected);
    }
}
