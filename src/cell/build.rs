//! Cells by calls, and from a cell's description to its morphology.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Cell, Paint, Parameters, Place, Quantity, SectionDescription};
use crate::error::{Error, ErrorKind, Result};
use crate::morphology::swc::SwcOptions;
use crate::morphology::{Attachment, Morphology, Point, Section, Shape};

impl Cell {
    /// A cell whose shape is read from a file.
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self { morphology: Some(path.into()), ..Self::default() }
    }

    /// A cell of this shape.
    pub fn from_morphology(morphology: &Morphology) -> Self {
        let describe = |section: &Section| {
            let mut described = SectionDescription {
                name: section.name.clone(),
                tag: section.tag,
                ..SectionDescription::default()
            };
            match &section.shape {
                Shape::Points(points) => {
                    described.points = points.iter().map(|p| [p.x, p.y, p.z, p.diameter]).collect();
                }
                Shape::Cylinder { length, diameter } => {
                    described.length = Some(*length);
                    described.diameter = Some(*diameter);
                }
            }
            if let Some(at) = section.attachment {
                described.parent = Some(morphology.sections[at.parent].name.clone());
                described.parent_x = Some(at.parent_x);
                described.child_x = Some(at.child_x);
            }
            described
        };
        Self { section: morphology.sections.iter().map(describe).collect(), ..Self::default() }
    }

    /// Names a region.
    #[must_use]
    pub fn region(mut self, label: &str, expression: &str) -> Self {
        self.regions.insert(label.to_owned(), expression.to_owned());
        self
    }

    /// Names a locset.
    #[must_use]
    pub fn locset(mut self, label: &str, expression: &str) -> Self {
        self.locsets.insert(label.to_owned(), expression.to_owned());
        self
    }

    /// Paints a density mechanism on a region.
    #[must_use]
    pub fn paint<'a>(
        mut self,
        region: &str,
        mechanism: &str,
        parameters: impl IntoIterator<Item = (&'a str, Quantity)>,
    ) -> Self {
        let parameters: Parameters = parameters.into_iter().map(|(n, q)| (n.to_owned(), q)).collect();
        self.paint.push(Paint { region: region.to_owned(), mechanism: mechanism.to_owned(), parameters });
        self
    }

    /// Places a point process at every location of a locset.
    #[must_use]
    pub fn place<'a>(
        mut self,
        name: &str,
        at: &str,
        mechanism: &str,
        parameters: impl IntoIterator<Item = (&'a str, Quantity)>,
    ) -> Self {
        let parameters: Parameters = parameters.into_iter().map(|(n, q)| (n.to_owned(), q)).collect();
        let (name, at, mechanism) = (name.to_owned(), Some(at.to_owned()), mechanism.to_owned());
        self.place.push(Place { name, at, mechanism, parameters });
        self
    }

    /// The sections that the description stands for; a file's path is relative to `base`.
    ///
    /// # Errors
    /// Neither or both of a file and sections, a file that cannot be read, sections that do not fit together.
    pub fn load_morphology(&self, base: &Path) -> Result<Morphology> {
        match (&self.morphology, self.section.is_empty()) {
            (Some(path), true) => Morphology::load_with(base.join(path), &self.swc).map_err(|e| {
                // An option is at fault, or the file.
                if e.document_key().is_some() { e } else { e.key("morphology") }
            }),
            (None, false) if self.swc != SwcOptions::default() => Err(Error::new(
                ErrorKind::Model,
                "`swc` tells how a morphology file is read, and there is none",
            )
            .key("swc")),
            (None, false) => self.described(),
            (Some(_), false) => {
                Err(Error::new(ErrorKind::Model, "a cell has either a `morphology` file or `section`s")
                    .help("remove one of them")
                    .key("morphology"))
            }
            (None, true) => Err(Error::new(ErrorKind::Model, "the cell has no shape")
                .help("give a `morphology` file or [[cell.section]] entries")),
        }
    }

    fn described(&self) -> Result<Morphology> {
        let mut indices: HashMap<&str, usize> = HashMap::new();
        let mut sections = Vec::with_capacity(self.section.len());
        for (number, description) in self.section.iter().enumerate() {
            let key = |rest: &str| format!("section[{number}].{rest}");
            let wrong =
                |message: String, rest: &str| Err(Error::new(ErrorKind::Morphology, message).key(key(rest)));
            let name = description.name.as_str();
            let shape = match (description.length, description.diameter, description.points.is_empty()) {
                (Some(length), Some(diameter), true) => Shape::Cylinder { length, diameter },
                (None, None, false) => {
                    let point = |&[x, y, z, diameter]: &[f64; 4]| Point { x, y, z, diameter };
                    Shape::Points(description.points.iter().map(point).collect())
                }
                _ => {
                    return wrong(
                        format!("`{name}` needs either `length` and `diameter`, or `points`"),
                        "name",
                    );
                }
            };
            let attachment = match &description.parent {
                None if description.parent_x.is_some() || description.child_x.is_some() => {
                    return wrong(format!("`{name}` says where it joins, but not whom"), "parent");
                }
                None => None,
                Some(parent) => {
                    let Some(&index) = indices.get(parent.as_str()) else {
                        let later = self.section.iter().any(|s| &s.name == parent);
                        let message = if later {
                            format!("the parent `{parent}` of `{name}` must come before it")
                        } else {
                            format!("`{name}` joins `{parent}`, which does not exist")
                        };
                        let error = Error::new(ErrorKind::Morphology, message).key(key("parent"));
                        return Err(if later {
                            error
                        } else {
                            error.suggest(parent, indices.keys().copied())
                        });
                    };
                    let parent_x = description.parent_x.unwrap_or(1.0);
                    Some(Attachment { parent: index, parent_x, child_x: description.child_x.unwrap_or(0.0) })
                }
            };
            if indices.insert(name, number).is_some() {
                return wrong(format!("two sections are called `{name}`"), "name");
            }
            let mut section = Section::new(name, description.tag, shape);
            section.attachment = attachment;
            sections.push(section);
        }
        Morphology::from_sections(sections)
    }
}
