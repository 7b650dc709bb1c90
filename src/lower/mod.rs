//! Descriptions become arrays: the single place where a model turns into memory, kernels and lists.
//!
//! In comes a [`Model`]; out goes a [`Group`] of one cell: its [`Lowered`] description, which more cells may share, and what is
//! its own. What is left of here knows nothing of memory, what is right of here
//! nothing of files, labels and names of parameters.

use std::path::Path;
use std::sync::Arc;

use apical_kernels::{Lists, tree};
use apical_nmodl::ir::{Instruction, IonQuantity, Place};
use apical_nmodl::passes;

use crate::cell::label::Labels;
use crate::cell::{Compartments, Geometry};
use crate::discretize::{self, Precision, Rule, Tree};
use crate::error::{Error, ErrorKind, Result};
use crate::mechanism::Catalogue;
use crate::model::{self, Conductance, Model, Scheme};
use crate::morphology::Morphology;
use crate::network::CellParameter;
use crate::units::{NANOAMP_PER_DENSITY, NANOFARAD_PER_SPECIFIC};

pub mod bind;
pub mod diffusion;
pub mod events;
pub mod group;
pub mod instances;
pub mod ions;
pub mod junction;
pub mod layout;
pub mod membrane;
pub mod network;
pub mod pointers;
pub mod probes;
pub mod rates;
pub mod regions;
pub mod report;
pub mod varied;

use bind::{Bound, Shared, Storage, Streams, Surroundings};
use group::Group;
use instances::{Ground, Instances, Placement};
use ions::IonColumns;
use layout::{Class, Layout, numbers_side_by_side, side_by_side};

/// So many cells of one description side by side as the engine runs them: everything but what depends on which cells they are.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The table of the buffer and its first content.
    pub layout: Layout,
    /// Offsets of what all mechanisms share.
    pub shared: Shared,
    /// Node lists that kernels reach columns through.
    pub lists: Lists,
    /// The shape of the matrix.
    pub matrix: tree::Tree,
    /// Axial conductance to the parent node, µS; 0 for a root.
    pub coupling: Vec<f64>,
    /// Mechanisms.
    pub mechanisms: Vec<Bound>,
    /// The order in which they run: those that write concentrations first, as in NEURON.
    pub order: Vec<usize>,
    /// What runs in a step.
    pub plan: regions::Plan,
    /// Nernst's equation for every ion that it holds for anywhere.
    pub nernst: Vec<regions::Run>,
    /// Ions.
    pub ions: Vec<IonColumns>,
    /// The node of each electrode slot.
    pub electrodes: Vec<u32>,
    /// Offset of the column of total membrane currents, when somebody records one.
    pub membrane_total: Option<usize>,
    /// What can be recorded, cell after cell.
    pub probes: Vec<probes::Probe>,
    /// What reports spikes, cell after cell.
    pub detectors: Vec<probes::Detector>,
    /// The detectors that listen to instances, with those, in order.
    pub listeners: Vec<(events::Target, usize)>,
    /// The columns of random streams.
    pub streams: Vec<Streams>,
    /// For random numbers.
    pub seed: u64,
    /// For each parameter that differs between cells, where its values of the first cell lie; those of the next follow each.
    pub varied: Vec<Vec<usize>>,
    /// Placements by name.
    pub placements: Vec<Placement>,
    /// For each mechanism, along which path its states diffuse.
    pub diffusion: Vec<Option<diffusion::Path>>,
    /// How many cells lie side by side.
    pub cells: usize,
    /// Compartments of one cell, in the order of [`Self::matrix`].
    pub tree: Tree,
    /// Sections.
    pub morphology: Morphology,
}

impl Lowered {
    /// The probes of one cell.
    pub fn probes_of(&self, cell: usize) -> &[probes::Probe] {
        let each = self.probes.len() / self.cells;
        &self.probes[cell * each..(cell + 1) * each]
    }

    /// Whether one of these probes looks at something that regions compute, as voltages and point processes are not.
    pub fn observes_regions(&self, probes: &[probes::Probe]) -> bool {
        let nodes = self.coupling.len();
        let inside = |first: usize, length: usize, offset: usize| (first..first + length).contains(&offset);
        probes.iter().map(|p| p.offset).any(|offset| {
            let of_a_point = |placement: &Placement| {
                let bound = &self.mechanisms[placement.mechanism];
                bound.variables.iter().any(|variable| match variable.storage {
                    Storage::None => false,
                    Storage::Uniform(first) => first == offset,
                    Storage::Column(first) => inside(first, bound.nodes.len(), offset),
                })
            };
            let of_nodes = [Some(self.shared.voltage), self.membrane_total].into_iter().flatten();
            let apart = of_nodes.into_iter().any(|first| inside(first, nodes, offset))
                || self.placements.iter().any(of_a_point);
            !apart
        })
    }
}

/// Lowers a model. Paths in it are relative to `base`.
///
/// # Errors
/// Anything in the description that cannot be meant; errors name the key of the document that is at fault.
pub fn lower(model: &Model, base: &Path) -> Result<Group> {
    let lowered = Arc::new(lower_cells(model, base, 1, &[])?);
    let probes = lowered.probes.clone();
    let mut group = Group::new(lowered, 0, None, probes);
    events::lower(model, &mut group)?;
    Ok(group)
}

/// Lowers so many cells of one description that differ in these parameters, side by side in one buffer, but for the model's
/// events.
///
/// # Errors
/// As [`lower`].
pub fn lower_cells(model: &Model, base: &Path, side: usize, varied: &[CellParameter]) -> Result<Lowered> {
    model.validate()?;
    let mut catalogue = Catalogue::builtin();
    for (number, path) in model.mechanisms.iter().enumerate() {
        catalogue.add(&base.join(path)).map_err(|e| e.key(format!("mechanisms[{number}]")))?;
    }
    let cell = &model.cell;
    let morphology = cell.load_morphology(base).map_err(|e| e.key("cell"))?;
    let labels = Labels::new(&cell.regions, &cell.locsets, &morphology)?;
    let tree = compartments(model, &morphology, &labels)?;
    let classes = regions::classes(&Ground { cell, labels: &labels, tree: &tree, cells: side })?;
    let (tree, order_of_sections, classes, matrix) = in_order_of_elimination(&tree, &classes)?;
    let ground = Ground { cell, labels: &labels, tree: &tree, cells: side };
    let count = tree.parent.len() * side;

    let mut groups = instances::density(&ground, &catalogue)?;
    let (points, placements) = instances::points(&ground, &catalogue, groups.len())?;
    groups.extend(points);

    let takers = varied::takers(varied, &ground, &groups, &placements)?;
    let looked_at = [model.record.clone(), pointers::as_records(cell)].concat();
    let mut wanted = probes::wanted(&looked_at, &placements, &groups);
    for pointer in cell.pointer.iter().filter(|p| p.at.is_none() && p.target.is_none()) {
        if let Some((mechanism, variable)) = pointer.what.split_once('.')
            && let Some(index) = groups.iter().position(|g| g.mechanism.name == mechanism)
        {
            wanted.push((index, variable.to_owned()));
        }
    }
    let mut layout = Layout::default();
    let celsius = model.run.temperature;
    let electrodes = numbers_side_by_side(&electrode_nodes(&groups), side);
    let coupling: Vec<f64> = tree.axial_resistance.iter().map(|r| 1.0 / r).collect();
    let fixed = fixed_conductance(model, &tree, &coupling, &membrane::capacitance(&ground)?);
    let shared = Shared {
        time: layout.fill("time", Class::State, 1, 0.0),
        time_step: layout.add("time step", Class::Parameter, &[model.run.time_step]),
        celsius: layout.add("temperature", Class::Parameter, &[celsius]),
        voltage: layout.add_for(
            "voltage",
            Class::State,
            &membrane::initial_voltage(&ground, &model.run)?,
            side,
        ),
        membrane_current: layout.fill("membrane current", Class::Scratch, count, 0.0),
        diagonal: layout.fill("diagonal", Class::Scratch, count, 0.0),
        fixed_conductance: layout.add_for("fixed conductance", Class::Parameter, &fixed, side),
        area: layout.add_for("area", Class::Parameter, &with_points(&tree.area), side),
        diameter: layout.add_for("diameter", Class::Parameter, &tree.diameter, side),
        scale: layout.add_for(
            "membrane scale",
            Class::Parameter,
            &with_points(&tree.area).iter().map(|a| NANOAMP_PER_DENSITY * a).collect::<Vec<_>>(),
            side,
        ),
        electrode_current: layout.fill("electrode current", Class::Scratch, electrodes.len(), 0.0),
        electrode_conductance: layout.fill("electrode conductance", Class::Scratch, electrodes.len(), 0.0),
    };
    let ions = ions::lower(&ground, &groups, &looked_at, celsius, &mut layout)?;
    let mut groups: Vec<Instances> = groups.into_iter().map(|group| group.side_by_side(side)).collect();
    varied::separate(&takers, &mut groups);

    let mut slots = vec![None; count];
    for (slot, &node) in electrodes.iter().enumerate() {
        slots[node as usize] = Some(slot as u32);
    }
    let conductance = match model.run.conductance {
        Conductance::Symbolic => passes::Conductance::Symbolic,
        Conductance::Difference => passes::Conductance::Difference,
    };
    let implicit_share = 1.0 / model.run.scheme.factor();
    let around = Surroundings {
        shared,
        ions: &ions,
        electrode_slots: &slots,
        conductance,
        implicit_share,
        order_of_sections: &order_of_sections,
        cells: side,
    };
    let mut lists = Lists::default();
    let tables = pointers::tables(cell, &groups)?;
    let mut mechanisms: Vec<Bound> = Vec::with_capacity(groups.len());
    let mut laid_out = Vec::with_capacity(groups.len());
    for (index, group) in groups.into_iter().enumerate() {
        let observed = |name: &str| wanted.iter().any(|(i, n)| *i == index && n == name);
        let (bound, rest) = bind::lay_out(group, index, &around, &observed, &mut layout);
        mechanisms.push(bound);
        laid_out.push(rest);
    }
    let (writers, others): (Vec<usize>, Vec<usize>) =
        (0..mechanisms.len()).partition(|&m| mechanisms[m].writes_concentration);
    let order = [writers, others].concat();

    let membrane_total = (looked_at.iter().any(|r| r.what == "i_membrane"))
        .then(|| layout.fill("total membrane current", Class::Scratch, count, 0.0));
    let of_cell = |cell: usize| probes::Scope {
        ground: &ground,
        shared: &shared,
        ions: &ions,
        mechanisms: &mechanisms,
        placements: &placements,
        membrane_total,
        cell,
    };
    let mut probes = Vec::new();
    let mut detectors = Vec::new();
    for cell in 0..side {
        probes.extend(probes::probes(&model.record, &of_cell(cell))?);
        detectors.extend(probes::detectors(&model.detect, &of_cell(cell))?);
    }
    let resolved = pointers::resolve(cell, &placements, &of_cell(0))?;
    let mut places = Vec::with_capacity(mechanisms.len());
    for (index, (bound, rest)) in mechanisms.iter_mut().zip(&laid_out).enumerate() {
        let instances = bound.nodes.len();
        let target = |name: &str| pointers::offsets(&resolved, index, name, instances);
        places.push(bind::compile(bound, rest, &around, &target, &tables[index], &mut lists)?);
    }
    let rates = match model.run.rates {
        model::Rates::Exact => None,
        model::Rates::Tabulated => {
            // Time goes on, and a POINTER may be written through.
            let changes = |offset: usize| {
                offset == shared.time
                    || resolved.iter().flat_map(|r| &r.offsets).any(|(_, target)| *target as usize == offset)
            };
            let fixed = |offset: usize| (!changes(offset)).then(|| layout.memory[offset]);
            Some(regions::rates(&laid_out, &places, &tables, &fixed)?)
        }
    };
    let parts = regions::Parts {
        rates: rates.as_deref(),
        shared,
        celsius,
        ions: &ions,
        mechanisms: &mechanisms,
        laid_out: &laid_out,
        places: &places,
        tables: &tables,
        order: &order,
        classes: &side_by_side(&classes, side),
    };
    let plan = regions::plan(&parts, &mut lists)?;
    let follows = ions.iter().filter(|ion| !ion.nernst.is_empty());
    let nernst = follows
        .map(|ion| regions::nernst_over(ion, celsius, &ion.nernst, &mut lists))
        .collect::<Result<_>>()?;

    let diffusion = mechanisms
        .iter()
        .map(|bound| diffusion::path(bound, &tree, &morphology))
        .collect::<Result<Vec<_>>>()?;
    let places = |taker: &varied::Taker| varied::places(taker, &shared, tree.parent.len(), &mechanisms, side);
    Ok(Lowered {
        varied: takers.iter().map(places).collect(),
        layout,
        shared,
        lists,
        matrix: matrix.interleaved(side),
        coupling: side_by_side(&coupling, side),
        cells: side,
        streams: laid_out.into_iter().filter_map(|l| l.streams).collect(),
        seed: model.run.seed,
        mechanisms,
        order,
        plan,
        nernst,
        ions,
        electrodes,
        membrane_total,
        probes,
        listeners: probes::listeners(&detectors),
        detectors,
        placements,
        diffusion,
        tree,
        morphology,
    })
}

/// Numbers the nodes by their class, so that each is one stretch, and within it as the solve takes them. For
/// each new number its old one and its class come too.
fn in_order_of_elimination(
    tree: &Tree,
    classes: &[usize],
) -> Result<(Tree, Vec<usize>, Vec<usize>, tree::Tree)> {
    let fault =
        |e: tree::Fault| Error::new(ErrorKind::Internal, format!("compartments are out of order: {e}"));
    let parents = |tree: &Tree| -> Vec<u32> {
        tree.parent.iter().map(|p| p.map_or(tree::ROOT, |p| p as u32)).collect()
    };
    let mut steps = tree::schedule(&parents(tree), classes).map_err(fault)?;
    let order: Vec<usize> = tree::number(classes, &mut steps).into_iter().map(|node| node as usize).collect();
    let tree = tree.reordered(&order);
    let matrix = tree::Tree::new(parents(&tree), &steps).map_err(fault)?;
    let classes = order.iter().map(|&node| classes[node]).collect();
    Ok((tree, order, classes, matrix))
}

/// Compartments by the cell's rule. Length constants need resistivity and capacitance of each section: those at its
/// middle.
fn compartments(model: &Model, morphology: &Morphology, labels: &Labels) -> Result<Tree> {
    let cell = &model.cell;
    let cables = membrane::cables(cell, labels, morphology)?;
    let precision = match cell.geometry {
        Geometry::Double => Precision::Double,
        Geometry::NeuronFloat32 => Precision::NeuronFloat32,
    };
    let coarse = discretize::Options { rule: Rule::Count(1), precision, cables: cables.clone() };
    let coarse = discretize::discretize(morphology, &coarse).map_err(|e| e.key("cell"))?;
    let cables = membrane::with_capacitance(&Ground { cell, labels, tree: &coarse, cells: 1 }, cables)?;
    let rule = match cell.compartments {
        Compartments::Count { count } => Rule::Count(count),
        Compartments::MaxLength { length } => Rule::MaxLength(length),
        Compartments::DLambda { fraction, frequency } => Rule::DLambda { fraction, frequency },
        Compartments::NeuronDLambda { fraction, frequency } => Rule::NeuronDLambda { fraction, frequency },
    };
    let mut options = discretize::Options { rule, precision, cables };
    let tree = discretize::discretize(morphology, &options).map_err(|e| e.key("cell"))?;
    if cell.section.iter().all(|s| s.compartments.is_none()) {
        return Ok(tree);
    }
    let by_rule = tree.compartments.iter().map(Vec::len);
    let stated = cell.section.iter().map(|s| s.compartments);
    options.rule = Rule::PerSection(stated.zip(by_rule).map(|(s, r)| s.unwrap_or(r)).collect());
    discretize::discretize(morphology, &options).map_err(|e| e.key("cell"))
}

/// Areas with NEURON's 100 µm² at zero-area nodes, by which point processes there turn nA into mA/cm².
fn with_points(area: &[f64]) -> Vec<f64> {
    area.iter().map(|&a| if a == 0.0 { 100.0 } else { a }).collect()
}

/// Nodes that some electrode touches.
fn electrode_nodes(groups: &[Instances]) -> Vec<u32> {
    let electrode = |i: &Instruction| {
        matches!(i, Instruction::Accumulate(Place::ElectrodeCurrent | Place::ElectrodeConductance, _))
    };
    let mut nodes: Vec<u32> = groups
        .iter()
        .filter(|g| g.mechanism.current.instructions.iter().any(electrode))
        .flat_map(|g| g.nodes.iter().copied())
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// What of the diagonal never changes: C/Δt (2C/Δt for Crank–Nicolson) and the axial conductances.
fn fixed_conductance(model: &Model, tree: &Tree, coupling: &[f64], specific_capacitance: &[f64]) -> Vec<f64> {
    let per_step = match model.run.scheme {
        Scheme::BackwardEuler => 1.0 / model.run.time_step,
        Scheme::CrankNicolson => 2.0 / model.run.time_step,
    };
    let capacitive = |(area, c): (&f64, &f64)| NANOFARAD_PER_SPECIFIC * c * area * per_step;
    let mut diagonal: Vec<f64> = tree.area.iter().zip(specific_capacitance).map(capacitive).collect();
    for (node, parent) in tree.parent.iter().enumerate() {
        if let Some(parent) = *parent {
            diagonal[node] += coupling[node];
            diagonal[parent] += coupling[node];
        }
    }
    diagonal
}

/// The quantity of an ion that a recorded name stands for.
fn ion_quantity<'a>(ions: &'a [IonColumns], what: &str) -> Option<(&'a IonColumns, IonQuantity)> {
    ions.iter().find_map(|ion| Some((ion, ion.quantity(what)?)))
}
