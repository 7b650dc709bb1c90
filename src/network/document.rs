//! Network documents: a network with the text it was read from, and the texts of its cells.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use super::{Instance, Network, Population};
use crate::cell::table::Table;
use crate::cell::{Cell, is_default};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{self, Detector, Format, Text};

/// A network with the text it was read from.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the text says; cells that stand in model documents of their own are read.
    pub network: Network,
    text: Text,
    /// The model document of each population that has one.
    models: Vec<Option<model::Document>>,
}

impl Document {
    /// Reads a `.toml` or `.json` file.
    ///
    /// # Errors
    /// A file that cannot be read or is of another kind, and whatever [`Document::read`] refuses.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::read(Text::load(path)?)
    }

    /// Reads a document's text; `path` names it in errors.
    ///
    /// # Errors
    /// As [`Document::read`].
    pub fn parse(text: impl Into<String>, format: Format, path: impl Into<PathBuf>) -> Result<Self> {
        Self::read(Text::new(text, format, path))
    }

    /// Reads a text, and the model documents that it names.
    ///
    /// # Errors
    /// Text that does not parse, unknown and missing keys, values of the wrong type, impossible values.
    pub fn read(text: Text) -> Result<Self> {
        let network: Network = text.read()?;
        let mut document = Self { network, text, models: Vec::new() };
        for number in 0..document.network.populations.len() {
            let run = document.network.run;
            let population = &mut document.network.populations[number];
            let read = take_cell(population, &run, document.text.base());
            let key = |e: Error| document.text.locate(e.key(format!("population[{number}]")));
            document.models.push(read.map_err(key)?);
        }
        document.network.validate().map_err(|e| document.locate(e))?;
        Ok(document)
    }

    /// The text.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The folder that paths in the document are relative to.
    pub fn base(&self) -> &Path {
        self.text.base()
    }

    /// Gives an error that names a key its place in the text, or in that of a cell's model document; see [`Text::locate`].
    pub fn locate(&self, error: Error) -> Error {
        for (number, model) in self.models.iter().enumerate() {
            let Some(model) = model else { continue };
            let own = format!("population[{number}].");
            let key = error.document_key().and_then(|key| key.strip_prefix(&own)).map(str::to_owned);
            if let Some(key) = key.filter(|key| key.starts_with("cell")) {
                return model.locate(error.with_key(key));
            }
        }
        self.text.locate(error)
    }
}

/// Takes a population's cell from the model document that it names.
fn take_cell(population: &mut Population, run: &model::Run, base: &Path) -> Result<Option<model::Document>> {
    let fault = |message: String, key: &str| Error::new(ErrorKind::Model, message).key(key);
    let name = &population.name;
    if !population.record.is_empty() && population.recorded.is_empty() {
        let help = "`recorded = [0, 1]` names cells by their number";
        let message = format!("`{name}` says what is recorded, but not of which cells");
        return Err(fault(message, "record").help(help));
    }
    if population.record.is_empty() && !population.recorded.is_empty() {
        return Err(fault(format!("`{name}` does not say what is recorded"), "recorded"));
    }
    let Some(path) = population.model.take() else {
        if is_default(&population.cell) {
            let help = "give a [population.cell], or a `model` document that holds one";
            return Err(fault(format!("`{name}` has no cell"), "cell").help(help));
        }
        return Ok(None);
    };
    if !is_default(&population.cell) {
        let message = format!("`{name}` has either a `cell` or a `model` that holds one");
        return Err(fault(message, "model").help("remove one of them"));
    }
    let document = model::Document::load(base.join(&path)).map_err(|e| e.key("model"))?;
    let model = &document.model;
    let differences = [
        ("temperature", "°C", model.run.temperature, run.temperature),
        ("initial_voltage", "mV", model.run.initial_voltage, run.initial_voltage),
    ];
    for (what, unit, of_cell, of_network) in differences {
        if of_cell != of_network {
            let message = format!(
                "`{}` states a {} of {of_cell} {unit}, and this network has {of_network} {unit}",
                path.display(),
                what.replace('_', " ")
            );
            let help =
                format!("a cell keeps its meaning: state `{what} = {of_cell}` in [run], or change the model");
            return Err(fault(message, "model").help(help));
        }
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    population.cell =
        Cell { morphology: model.cell.morphology.as_ref().map(|m| folder.join(m)), ..model.cell.clone() };
    population.mechanisms.extend(model.mechanisms.iter().map(|m| folder.join(m)));
    Ok(Some(document))
}

impl Network {
    /// The network as TOML.
    ///
    /// # Errors
    /// None for a network that can be run.
    pub fn to_toml(&self) -> Result<String> {
        model::text::to_toml(self, "network")
    }

    /// The network as JSON.
    ///
    /// # Errors
    /// Numbers that are not finite: JSON has none.
    pub fn to_json(&self) -> Result<String> {
        model::text::to_json(self, "network")
    }
}

/// A detector that needs no name, because a population has one.
pub(super) fn spike<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Detector, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Spike {
        #[serde(default = "name")]
        name: String,
        at: Option<String>,
        threshold: Option<f64>,
        refractory: Option<f64>,
        of: Option<String>,
        instance: Option<usize>,
    }
    fn name() -> String {
        "spike".to_owned()
    }
    let Table(Spike { name, at, threshold, refractory, of, instance }) = Table::deserialize(deserializer)?;
    Ok(Detector { name, at, threshold, refractory, of, instance })
}

impl Serialize for Instance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Uniform => serializer.serialize_str("uniform"),
            Self::InTurn => serializer.serialize_str("in-turn"),
            Self::Fixed(index) => serializer.serialize_u32(*index),
        }
    }
}

impl<'de> Deserialize<'de> for Instance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Instance;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("`uniform`, `in-turn` or the number of an instance")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Instance, E> {
                match text {
                    "uniform" => Ok(Instance::Uniform),
                    "in-turn" => Ok(Instance::InTurn),
                    _ => Err(E::unknown_variant(text, &["uniform", "in-turn"])),
                }
            }
            fn visit_u64<E: de::Error>(self, index: u64) -> Result<Instance, E> {
                let unfit = |_| E::invalid_value(de::Unexpected::Unsigned(index), &self);
                u32::try_from(index).map(Instance::Fixed).map_err(unfit)
            }
            fn visit_i64<E: de::Error>(self, index: i64) -> Result<Instance, E> {
                let unfit = |_| E::invalid_value(de::Unexpected::Signed(index), &self);
                u32::try_from(index).map(Instance::Fixed).map_err(unfit)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
