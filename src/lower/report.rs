//! What a lowered model runs in a step, in numbers for people: `apical bench --explain`, `Simulation::plan`.

use std::fmt;
use std::ops::Range;

use apical_kernels::Kernel;
use serde::Serialize;

use super::Lowered;
use super::rates::{RANGE, RatesReport};
use super::regions::Run;

/// What a step consists of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Compartments.
    pub compartments: usize,
    /// Unknowns of the matrix: compartments and ends of sections.
    pub nodes: usize,
    /// Vectors of up to eight nodes that one solve takes.
    pub vectors: usize,
    /// Share of the lanes of those vectors that hold nothing.
    pub padding: f64,
    /// Regions: sets of compartments with the same density mechanisms.
    pub regions: usize,
    /// Whether the regions' states are advanced together with the currents of the next step.
    pub states_with_currents: bool,
    /// How many expressions are looked up in tables, and the largest bound of their relative error; `None` where tables were not asked
    /// for.
    pub rates: Option<(usize, f64)>,
    /// Kernels in the order of a step.
    pub kernels: Vec<KernelReport>,
    /// Memory of the model, bytes per compartment.
    pub bytes_per_compartment: f64,
}

/// A kernel of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KernelReport {
    /// `states and currents`, `currents` or `states`.
    pub part: &'static str,
    /// The mechanisms in it.
    pub mechanisms: Vec<String>,
    /// Whether it runs over a region, rather than over the instances of one mechanism.
    pub region: bool,
    /// Instances that it runs over.
    pub instances: usize,
    /// Operations on each vector of instances, elementary functions counted as one.
    pub operations: usize,
    /// Instructions on each vector when it is machine code; `None` where it cannot be.
    pub instructions: Option<usize>,
    /// Numbers that are computed once for all instances.
    pub shared: usize,
    /// What it reads and writes of memory for each instance, bytes.
    pub bytes: usize,
    /// What became of its rates, where tables were asked for.
    pub rates: Option<RatesReport>,
    /// Instructions on each vector without tables; `None` where there are no tables or it cannot be machine code.
    pub exact_instructions: Option<usize>,
}

impl Report {
    /// What became of tables that were asked for.
    pub fn rates_in_words(&self) -> Option<String> {
        let Range { start, end } = RANGE;
        Some(match self.rates? {
            (0, _) => "exact, as nothing that depends on v alone could be tabulated with a gain".to_owned(),
            (1, bound) => format!("1 table from {start} to {end} mV, relative error at most {bound:.1e}"),
            (count, bound) => {
                format!("{count} tables from {start} to {end} mV, relative error at most {bound:.1e}")
            }
        })
    }
}

/// Reports on a model with so many numbers of memory.
pub fn report(lowered: &Lowered, memory: usize) -> Report {
    let plan = &lowered.plan;
    let (compartments, nodes) = (lowered.tree.compartment_count() * lowered.cells, lowered.matrix.len());
    let vectors = lowered.matrix.vectors();
    let together = !plan.through.is_empty();
    let kernels = |part: &'static str, runs: &[Run]| -> Vec<KernelReport> {
        runs.iter().map(|run| kernel(lowered, part, run)).collect()
    };
    let kernels = match together {
        true => [
            kernels("states and currents", &plan.through),
            kernels("currents", &plan.currents[plan.regional_currents..]),
            kernels("states", &plan.states[plan.regional_states..]),
        ],
        false => [kernels("currents", &plan.currents), Vec::new(), kernels("states", &plan.states)],
    };
    let kernels = kernels.concat();
    let tables = || kernels.iter().flat_map(|k| &k.rates).flat_map(|r| &r.tables);
    let rates = plan.tabulated.then(|| (tables().count(), tables().map(|t| t.bound).fold(0.0, f64::max)));
    Report {
        compartments,
        nodes,
        vectors,
        padding: 1.0 - nodes as f64 / (8 * vectors) as f64,
        regions: plan.regions,
        states_with_currents: together,
        rates,
        kernels,
        bytes_per_compartment: (8 * memory) as f64 / compartments as f64,
    }
}

fn kernel(lowered: &Lowered, part: &'static str, run: &Run) -> KernelReport {
    let (operations, shared) = run.kernel.operation_counts();
    KernelReport {
        part,
        mechanisms: run.mechanisms.iter().map(|&m| lowered.mechanisms[m].name.clone()).collect(),
        region: run.nodes.is_some(),
        instances: run.instances,
        operations,
        instructions: run.kernel.vector_instructions(),
        shared,
        bytes: 8 * run.kernel.accesses(),
        rates: run.rates.clone(),
        exact_instructions: run.kernel.beyond().and_then(Kernel::vector_instructions),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} compartments in {} region{}, {:.0} bytes each",
            self.compartments,
            self.regions,
            if self.regions == 1 { "" } else { "s" },
            self.bytes_per_compartment
        )?;
        writeln!(
            f,
            "solve: {} nodes in {} vectors of up to 8, {:.0} % of the lanes empty",
            self.nodes,
            self.vectors,
            100.0 * self.padding
        )?;
        if let Some(rates) = self.rates_in_words() {
            writeln!(f, "rates: {rates}")?;
        }
        for kernel in &self.kernels {
            let instructions =
                kernel.instructions.map_or(String::new(), |count| format!(", {count} instructions"));
            writeln!(
                f,
                "{} of {}: {} {}, {} operations{instructions} per vector, {} shared numbers, {} bytes each",
                kernel.part,
                kernel.mechanisms.join(" + "),
                kernel.instances,
                if kernel.region { "compartments" } else { "instances" },
                kernel.operations,
                kernel.shared,
                kernel.bytes
            )?;
            if let Some(count) = kernel.exact_instructions {
                writeln!(f, "  {count} instructions per vector without tables")?;
            }
            if let Some(rates) = &kernel.rates {
                write!(f, "{rates}")?;
            }
        }
        Ok(())
    }
}
