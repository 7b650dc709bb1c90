//! Ions: which quantities every compartment holds, where they start, and who decides the reversal potential.
//!
//! In come the `ion` entries of the cell, the mechanisms' uses and what is recorded; out goes one [`IonColumns`] per ion. The
//! rules are in `docs/numerics.md`: where a mechanism writes a concentration the reversal potential follows from Nernst's
//! equation in every step, where one only reads a concentration it does so at the start, elsewhere it is constant.

use apical_nmodl::ir::{Binary, Instruction, IonId, IonQuantity, IonUse, Place, Program, Unary, Value};

use super::instances::{Ground, Instances};
use super::layout::{Class, Layout, numbers_side_by_side};
use crate::cell::Ion;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;
use crate::units::{nernst, nernst_slope};

/// One ion: offsets of its columns over nodes, and where Nernst's equation holds.
#[derive(Clone, Debug)]
pub struct IonColumns {
    /// Its name.
    pub name: String,
    /// Its charge.
    pub valence: f64,
    /// Reversal potential, mV.
    pub reversal: usize,
    /// Concentration inside, mM.
    pub internal: usize,
    /// Concentration outside, mM.
    pub external: usize,
    /// Current density, mA/cm².
    pub current: usize,
    /// Whether anybody looks at the current; otherwise it is not summed.
    pub current_is_read: bool,
    /// Nodes where the reversal potential follows the concentrations.
    pub nernst: Vec<u32>,
}

impl IonColumns {
    /// The offset of a quantity's column.
    pub fn column(&self, quantity: IonQuantity) -> usize {
        match quantity {
            IonQuantity::Reversal => self.reversal,
            IonQuantity::Internal => self.internal,
            IonQuantity::External => self.external,
            IonQuantity::Current => self.current,
        }
    }

    /// The quantity that a name such as `ena`, `nai`, `nao` or `ina` stands for.
    pub fn quantity(&self, name: &str) -> Option<IonQuantity> {
        let ion = self.name.as_str();
        [
            (format!("e{ion}"), IonQuantity::Reversal),
            (format!("{ion}i"), IonQuantity::Internal),
            (format!("{ion}o"), IonQuantity::External),
            (format!("i{ion}"), IonQuantity::Current),
        ]
        .into_iter()
        .find_map(|(n, q)| (n == name).then_some(q))
    }
}

/// Nernst's equation for an ion, as [`nernst`] has it.
pub fn nernst_program(ion: &IonColumns, celsius: f64) -> Program {
    let of = |quantity| Place::Ion(IonId(0), quantity);
    let (inside, outside, zero) = (Value(0), Value(1), Value(2));
    let potential = vec![
        Instruction::Load(of(IonQuantity::Internal)),
        Instruction::Load(of(IonQuantity::External)),
        Instruction::Constant(0.0),
        Instruction::Constant(nernst_slope(celsius, ion.valence)),
        Instruction::Binary(Binary::Divide, outside, inside),
        Instruction::Unary(Unary::Log, Value(4)),
        Instruction::Binary(Binary::Multiply, Value(3), Value(5)),
        Instruction::Constant(-1e6),
        Instruction::Binary(Binary::LessEqual, outside, zero),
        Instruction::Select(Value(8), Value(7), Value(6)),
        Instruction::Constant(1e6),
        Instruction::Binary(Binary::LessEqual, inside, zero),
        Instruction::Select(Value(11), Value(10), Value(9)),
    ];
    let value = if ion.valence == 0.0 { zero } else { Value(12) };
    let store = Instruction::Store(of(IonQuantity::Reversal), value);
    Program { instructions: potential.into_iter().chain([store]).collect(), loops: Vec::new() }
}

/// What an ion is like where nobody says otherwise: charge, reversal potential (mV), concentrations inside and
/// outside (mM). These are NEURON's values.
struct Known {
    name: &'static str,
    valence: f64,
    reversal: f64,
    internal: f64,
    external: f64,
}

const KNOWN: [Known; 3] = [
    Known { name: "na", valence: 1.0, reversal: 50.0, internal: 10.0, external: 140.0 },
    Known { name: "k", valence: 1.0, reversal: -77.0, internal: 54.4, external: 2.5 },
    // 12.5 log(2 / 5e-5), at every temperature.
    Known { name: "ca", valence: 2.0, reversal: 132.4579341637009, internal: 5e-5, external: 2.0 },
];

/// Columns of every ion that some mechanism uses. `looked_at` is what is recorded or pointed to.
///
/// # Errors
/// An ion that no mechanism uses, one with two charges, one without a known charge, reversal potential or concentration where
/// a mechanism needs it, a reversal potential given where Nernst's equation decides it.
pub fn lower(
    ground: &Ground,
    mechanisms: &[Instances],
    looked_at: &[Record],
    celsius: f64,
    layout: &mut Layout,
) -> Result<Vec<IonColumns>> {
    let mut names: Vec<&str> = Vec::new();
    for ion in mechanisms.iter().flat_map(|m| &m.mechanism.ions) {
        if !names.contains(&ion.name.as_str()) {
            names.push(&ion.name);
        }
    }
    for (number, ion) in ground.cell.ion.iter().enumerate() {
        if !names.contains(&ion.name.as_str()) {
            let message = format!("no mechanism of this cell uses the ion `{}`", ion.name);
            let error = Error::new(ErrorKind::Parameter, message).suggest(&ion.name, names.iter().copied());
            return Err(error.key(format!("cell.ion[{number}].name")));
        }
    }
    names.iter().map(|name| one(name, ground, mechanisms, looked_at, celsius, layout)).collect()
}

fn one(
    name: &str,
    ground: &Ground,
    mechanisms: &[Instances],
    looked_at: &[Record],
    celsius: f64,
    layout: &mut Layout,
) -> Result<IonColumns> {
    let count = ground.tree.parent.len();
    let known = KNOWN.iter().find(|k| k.name == name);
    let valence = valence(name, known, mechanisms)?;

    let mut given = [vec![None; count], vec![None; count], vec![None; count]];
    for (number, entry) in ground.cell.ion.iter().enumerate().filter(|(_, e)| e.name == name) {
        paint(ground, entry, number, &mut given)?;
    }
    let [reversal, internal, external] = given;
    let where_used = |quantities: fn(&IonUse) -> &[IonQuantity], quantity| {
        let mut at = vec![false; count];
        for instances in mechanisms {
            let uses = |ion: &IonUse| ion.name == name && quantities(ion).contains(&quantity);
            if instances.mechanism.ions.iter().any(uses) {
                instances.nodes.iter().for_each(|&n| at[n as usize] = true);
            }
        }
        at
    };
    let reads = |quantity| where_used(|ion| &ion.reads, quantity);
    let writes = |quantity| where_used(|ion| &ion.writes, quantity);
    let is_looked_at = |what: String| looked_at.iter().any(|r| r.of.is_none() && r.what == what);

    let sides = [IonQuantity::Internal, IonQuantity::External];
    let (read, written) = (sides.map(reads), sides.map(writes));
    let (reversal_read, reversal_written) = (reads(IonQuantity::Reversal), writes(IonQuantity::Reversal));
    let value = |given: &Option<f64>, known: Option<f64>| given.or(known).unwrap_or(f64::NAN);
    let inside: Vec<f64> = internal.iter().map(|g| value(g, known.map(|k| k.internal))).collect();
    let outside: Vec<f64> = external.iter().map(|g| value(g, known.map(|k| k.external))).collect();
    let reversal_is_looked_at = is_looked_at(format!("e{name}"));
    let mut potential = vec![f64::NAN; count];
    let mut follows = Vec::new();
    for node in 0..count {
        let missing = |what: &str| {
            let message = format!("the ion `{name}` has no {what} where a mechanism needs it");
            let help = format!("give it in [[cell.ion]], name = \"{name}\"");
            Error::new(ErrorKind::Parameter, message).help(help).key("cell.ion")
        };
        for (side, value) in [inside[node], outside[node]].into_iter().enumerate() {
            if (read[side][node] || written[side][node]) && value.is_nan() {
                return Err(missing("concentration"));
            }
        }
        let by_nernst = || match valence {
            Some(z) if inside[node] > 0.0 && outside[node] > 0.0 => {
                Some(nernst(celsius, z, inside[node], outside[node]))
            }
            _ => None,
        };
        let concentration_read = read.iter().any(|at| at[node]);
        let concentration_given = internal[node].is_some() || external[node].is_some();
        let follows_here = written.iter().any(|at| at[node]) && !reversal_written[node];
        if follows_here && reversal[node].is_some() && reversal_read[node] {
            let message = format!(
                "the reversal potential of `{name}` follows from its concentrations in `{}`, where a mechanism writes them",
                ground
                    .tree
                    .section
                    .get(node)
                    .map_or(String::new(), |&s| ground.labels.section_name(s).to_owned())
            );
            let help = "leave `reversal` away there and give `internal` and `external`";
            return Err(Error::new(ErrorKind::Parameter, message).help(help).key("cell.ion"));
        }
        let start = if follows_here {
            by_nernst()
        } else if (concentration_read || concentration_given) && !reversal_written[node] {
            reversal[node].or_else(by_nernst)
        } else {
            reversal[node].or(known.map(|k| k.reversal)).or_else(by_nernst)
        };
        match start {
            Some(value) => potential[node] = value,
            None if reversal_read[node] => return Err(missing("reversal potential")),
            None => {}
        }
        if follows_here && (reversal_read[node] || reversal_is_looked_at) {
            follows.push(node as u32);
        }
    }
    let current_is_read = is_looked_at(format!("i{name}")) || reads(IonQuantity::Current).contains(&true);
    Ok(IonColumns {
        name: name.to_owned(),
        valence: valence.unwrap_or(f64::NAN),
        reversal: layout.add_for(format!("e{name}"), Class::State, &potential, ground.cells),
        internal: layout.add_for(format!("{name}i"), Class::State, &inside, ground.cells),
        external: layout.add_for(format!("{name}o"), Class::State, &outside, ground.cells),
        current: {
            let length = if current_is_read { count * ground.cells } else { 0 };
            layout.fill(format!("i{name}"), Class::State, length, 0.0)
        },
        current_is_read,
        nernst: numbers_side_by_side(&follows, ground.cells),
    })
}

/// The charge that is known or that mechanisms state.
fn valence(name: &str, known: Option<&Known>, mechanisms: &[Instances]) -> Result<Option<f64>> {
    let mut stated = known.map(|k| (k.valence, "definition"));
    for instances in mechanisms {
        let by = instances.mechanism.name.as_str();
        for charge in instances.mechanism.ions.iter().filter(|i| i.name == name).filter_map(|i| i.valence) {
            match stated {
                Some((other, whose)) if other != charge => {
                    let message =
                        format!("the ion `{name}` has the charge {other} by {whose} and {charge} by `{by}`");
                    return Err(Error::new(ErrorKind::Mechanism, message).key("cell"));
                }
                _ => stated = Some((charge, by)),
            }
        }
    }
    Ok(stated.map(|(charge, _)| charge))
}

/// Writes what one `ion` entry gives into the columns reversal, internal, external.
fn paint(ground: &Ground, entry: &Ion, number: usize, given: &mut [Vec<Option<f64>>; 3]) -> Result<()> {
    let key = format!("cell.ion[{number}]");
    let nodes = ground.compartments(&entry.region, &key)?;
    let quantities =
        [("reversal", &entry.reversal), ("internal", &entry.internal), ("external", &entry.external)];
    for (column, (what, quantity)) in given.iter_mut().zip(quantities) {
        let Some(quantity) = quantity else { continue };
        let key = format!("{key}.{what}");
        for (&node, value) in nodes.iter().zip(ground.evaluate(quantity, &nodes, &key)?) {
            if what != "reversal" && value <= 0.0 {
                let message = format!("a concentration must be positive, not {value} mM");
                return Err(Error::new(ErrorKind::Parameter, message).key(key));
            }
            column[node] = Some(value);
        }
    }
    Ok(())
}
