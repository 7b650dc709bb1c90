//! The shortest way from a morphology file to a figure: a layer-5 cell with Hodgkin–Huxley channels in its soma, a
//! current step, the somatic voltage.
//!
//! `cargo run --release --example first_run -- [--fast] [--out DIR] [--seed N]`

mod common;

use std::time::Instant;

use apical::Simulation;
use apical::cell::Cell;
use apical::model::{Detector, Model, Record};
use common::{Options, Outcome};

fn main() -> Outcome {
    let options = Options::read(
        "first_run",
        "A layer-5 cell under a current step, from a morphology file to a figure.",
    );

    let cell = Cell::from_file("morphologies/layer5_pyramidal.swc")
        .paint("all", "pas", [("g", 5e-5.into()), ("e", (-70.0).into())])
        .paint("soma", "hh", [("gnabar", 0.5.into()), ("gkbar", 0.15.into())])
        .place(
            "clamp",
            "soma[0](0.5)",
            "IClamp",
            [("del", 5.0.into()), ("dur", 1e3.into()), ("amp", 1.5.into())],
        );
    let mut model = Model::new(cell, if options.fast { 20.0 } else { 100.0 });
    model.record.push(Record { what: "v".into(), at: Some("soma[0](0.5)".into()), ..Record::default() });
    model.detect.push(Detector::voltage("soma", "soma[0](0.5)", 0.0));

    let mut simulation = Simulation::new(&model, ".")?;
    let start = Instant::now();
    simulation.run()?;
    let results = simulation.results();
    println!("compartments {}", simulation.lowered().tree.compartment_count());
    let spikes = results.spikes("soma").unwrap_or_default();
    println!("spikes (ms) {}", spikes.iter().map(|t| format!("{t:.3}")).collect::<Vec<_>>().join(" "));
    for file in apical::output::write(&options.out, &model, &simulation, start.elapsed().as_secs_f64())? {
        println!("wrote {}", file.display());
    }
    Ok(())
}
