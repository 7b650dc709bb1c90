//! Ions: which quantities every compartment holds, where they start, and who decides the reversal potential.
//!
//! In come the `ion` entries of the cell and the mechanisms' uses; out goes one [`IonColumns`] per ion. The rules are in
//! `docs/numerics.md`: where a mechanism writes a concentration the reversal potential follows from Nernst's
//! equation in every step; elsewhere it is constant.

use apical_nmodl::ir::IonQuantity;

use super::instances::{Ground, Instances};
use super::layout::{Class, Layout};
use crate::cell::Ion;
use crate::error::{Error, ErrorKind, Result};
use crate::units::nernst;

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

/// What an ion is like where nobody says otherwise: charge, reversal potential (mV), concentrations inside and
/// outside (mM). These are NEURON's values.
struct Known {
    name: &'static str,
    valence: f64,
    reversal: Option<f64>,
    internal: f64,
    external: f64,
}

const KNOWN: [Known; 3] = [
    Known { name: "na", valence: 1.0, reversal: Some(50.0), internal: 10.0, external: 140.0 },
    Known { name: "k", valence: 1.0, reversal: Some(-77.0), internal: 54.4, external: 2.5 },
    Known { name: "ca", valence: 2.0, reversal: None, internal: 5e-5, external: 2.0 },
];

/// Columns of every ion that some mechanism uses.
///
/// # Errors
/// An ion that no mechanism uses, one without a known charge, reversal potential or concentration where a mechanism reads it,
/// a reversal potential given where Nernst's equation decides it.
pub fn lower(
    ground: &Ground,
    mechanisms: &[Instances],
    read_currents: &[String],
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
    names.iter().map(|name| one(name, ground, mechanisms, read_currents, celsius, layout)).collect()
}

fn one(
    name: &str,
    ground: &Ground,
    mechanisms: &[Instances],
    read_currents: &[String],
    celsius: f64,
    layout: &mut Layout,
) -> Result<IonColumns> {
    let count = ground.tree.parent.len();
    let uses = || {
        let of = |m| move |ion| (m, ion);
        mechanisms
            .iter()
            .flat_map(move |m: &Instances| m.mechanism.ions.iter().map(of(m)))
            .filter(|(_, i)| i.name == name)
    };
    let known = KNOWN.iter().find(|k| k.name == name);
    let stated = uses().find_map(|(_, ion)| ion.valence);
    let valence = stated.or(known.map(|k| k.valence));

    let mut given = [vec![None; count], vec![None; count], vec![None; count]];
    for (number, entry) in ground.cell.ion.iter().enumerate().filter(|(_, e)| e.name == name) {
        paint(ground, entry, number, &mut given)?;
    }
    let mut computed = vec![false; count];
    for (instances, ion) in uses() {
        if ion.writes.iter().any(|q| matches!(q, IonQuantity::Internal | IonQuantity::External)) {
            instances.nodes.iter().for_each(|&n| computed[n as usize] = true);
        }
    }
    let reads = |quantity| {
        let mut at = vec![false; count];
        for (instances, ion) in uses() {
            if ion.reads.contains(&quantity) {
                instances.nodes.iter().for_each(|&n| at[n as usize] = true);
            }
        }
        at
    };
    let [reversal, internal, external] = given;
    let concentrations_read = [reads(IonQuantity::Internal), reads(IonQuantity::External)];
    let inside: Vec<f64> =
        internal.iter().map(|g| g.or(known.map(|k| k.internal)).unwrap_or(f64::NAN)).collect();
    let outside: Vec<f64> =
        external.iter().map(|g| g.or(known.map(|k| k.external)).unwrap_or(f64::NAN)).collect();
    let reversal_read = reads(IonQuantity::Reversal);
    let mut potential = vec![0.0; count];
    for node in 0..count {
        let missing = |what: &str| {
            let message = format!("the ion `{name}` has no {what} where a mechanism reads it");
            let help = format!("give it in [[cell.ion]], name = \"{name}\"");
            Error::new(ErrorKind::Parameter, message).help(help).key("cell.ion")
        };
        for (read, value) in concentrations_read.iter().zip([inside[node], outside[node]]) {
            if read[node] && value.is_nan() {
                return Err(missing("concentration"));
            }
        }
        let by_nernst = || match valence {
            Some(z) if inside[node] > 0.0 && outside[node] > 0.0 => {
                Some(nernst(celsius, z, inside[node], outside[node]))
            }
            _ => None,
        };
        if computed[node] && reversal[node].is_some() && reversal_read[node] {
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
        let concentrations_given = internal[node].is_some() || external[node].is_some();
        let constant = reversal[node].or(if concentrations_given { by_nernst() } else { None });
        let value = if computed[node] {
            by_nernst()
        } else {
            constant.or(known.and_then(|k| k.reversal)).or_else(by_nernst)
        };
        potential[node] = match value {
            Some(value) => value,
            None if reversal_read[node] => return Err(missing("reversal potential")),
            None => 0.0,
        };
    }
    let current_is_read =
        read_currents.iter().any(|n| n == name) || reads(IonQuantity::Current).contains(&true);
    let nernst = (0..count).filter(|&n| computed[n] && reversal_read[n]).map(|n| n as u32).collect();
    let or_zero =
        |column: Vec<f64>| column.into_iter().map(|v| if v.is_nan() { 0.0 } else { v }).collect::<Vec<_>>();
    Ok(IonColumns {
        name: name.to_owned(),
        valence: valence.unwrap_or(f64::NAN),
        reversal: layout.add(format!("e{name}"), Class::State, &potential),
        internal: layout.add(format!("{name}i"), Class::State, &or_zero(inside)),
        external: layout.add(format!("{name}o"), Class::State, &or_zero(outside)),
        current: layout.fill(format!("i{name}"), Class::State, if current_is_read { count } else { 0 }, 0.0),
        current_is_read,
        nernst,
    })
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
