//! One instance of a mechanism, executed as its intermediate code says, one number at a time.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::HashMap;
use std::rc::Rc;

use apical::mechanism::Catalogue;
use apical_nmodl::ir::{Binary, Instruction, IonQuantity, Mechanism, Place, Program, Unary, VariableId};

/// A built-in mechanism and the numbers around one instance of it. What was never set is 0.
#[derive(Clone)]
pub struct Instance {
    pub mechanism: Rc<Mechanism>,
    places: HashMap<Place, f64>,
}

impl Instance {
    /// At the defaults of its parameters, with densities as they are (1 nA per mA/cm²).
    pub fn new(name: &str) -> Self {
        let mechanism = Rc::new(Catalogue::builtin().get(name).unwrap_or_else(|e| panic!("{e}")));
        let defaults = mechanism.variables.iter().enumerate();
        let mut places: HashMap<Place, f64> =
            defaults.map(|(i, v)| (Place::Variable(VariableId(i as u32)), v.default)).collect();
        places.insert(Place::MembraneScale, 1.0);
        places.insert(Place::ImplicitShare, 1.0);
        Self { mechanism, places }
    }

    pub fn set(&mut self, place: Place, value: f64) -> &mut Self {
        self.places.insert(place, value);
        self
    }

    pub fn get(&self, place: Place) -> f64 {
        self.places.get(&place).copied().unwrap_or(0.0)
    }

    /// Sets a variable of the text.
    pub fn give(&mut self, name: &str, value: f64) -> &mut Self {
        self.set(self.variable(name), value)
    }

    /// The value of a variable of the text.
    pub fn value(&self, name: &str) -> f64 {
        self.get(self.variable(name))
    }

    pub fn variable(&self, name: &str) -> Place {
        let index = self.mechanism.variables.iter().position(|v| v.name == name);
        Place::Variable(VariableId(index.unwrap_or_else(|| panic!("no variable {name}")) as u32))
    }

    /// Sets a quantity of every ion that the mechanism uses.
    pub fn set_ions(&mut self, quantity: IonQuantity, value: f64) -> &mut Self {
        for ion in 0..self.mechanism.ions.len() {
            self.set(Place::Ion(apical_nmodl::ir::IonId(ion as u32), quantity), value);
        }
        self
    }

    pub fn initial(&mut self) {
        let mechanism = Rc::clone(&self.mechanism);
        self.run(&mechanism.initial);
    }

    pub fn advance(&mut self) {
        let mechanism = Rc::clone(&self.mechanism);
        self.run(&mechanism.state);
    }

    /// Outward membrane current, mA/cm² or nA.
    pub fn current(&mut self) -> f64 {
        self.set(Place::MembraneCurrent, 0.0);
        let mechanism = Rc::clone(&self.mechanism);
        self.run(&mechanism.current);
        self.get(Place::MembraneCurrent)
    }

    /// Rate of change of a state, per ms.
    pub fn rate(&mut self, state: &str) -> f64 {
        let mechanism = Rc::clone(&self.mechanism);
        self.run(&mechanism.derivative);
        let Place::Variable(id) = self.variable(state) else { unreachable!() };
        self.get(Place::Derivative(id))
    }

    /// Runs NET_RECEIVE with the arguments of a connection, which keeps what the block makes of them.
    pub fn receive(&mut self, time: f64, arguments: &mut [f64]) {
        let mechanism = Rc::clone(&self.mechanism);
        if let Some(program) = &mechanism.net_receive {
            self.with_arguments(time, arguments, program);
        }
    }

    /// Runs the INITIAL of NET_RECEIVE for a connection.
    pub fn connect(&mut self, arguments: &mut [f64]) {
        let mechanism = Rc::clone(&self.mechanism);
        if let Some(program) = &mechanism.net_initial {
            self.with_arguments(0.0, arguments, program);
        }
    }

    fn with_arguments(&mut self, time: f64, arguments: &mut [f64], program: &Program) {
        self.set(Place::Time, time);
        for (index, &value) in arguments.iter().enumerate() {
            self.set(Place::Argument(index as u32), value);
        }
        self.run(program);
        for (index, value) in arguments.iter_mut().enumerate() {
            *value = self.get(Place::Argument(index as u32));
        }
    }

    fn run(&mut self, program: &Program) {
        let mut values: Vec<f64> = Vec::with_capacity(program.instructions.len());
        for instruction in &program.instructions {
            let of = |v: apical_nmodl::ir::Value| values[v.0 as usize];
            let value = match *instruction {
                Instruction::Constant(number) => number,
                Instruction::Load(place) => self.get(place),
                Instruction::Unary(what, a) => unary(what, of(a)),
                Instruction::Binary(what, a, b) => binary(what, of(a), of(b)),
                Instruction::Select(c, a, b) => of(if of(c) != 0.0 { a } else { b }),
                Instruction::Store(place, a) => {
                    let value = of(a);
                    self.places.insert(place, value);
                    value
                }
                Instruction::Accumulate(place, a) => {
                    let value = of(a);
                    *self.places.entry(place).or_insert(0.0) += value;
                    value
                }
                ref other => panic!("{other:?} has no meaning here"),
            };
            values.push(value);
        }
    }
}

fn unary(what: Unary, a: f64) -> f64 {
    match what {
        Unary::Negate => -a,
        Unary::Not => f64::from(u8::from(a == 0.0)),
        Unary::Abs => a.abs(),
        Unary::Exp => a.exp(),
        Unary::Log => a.ln(),
        Unary::Sqrt => a.sqrt(),
        other => panic!("{other:?} has no meaning here"),
    }
}

fn binary(what: Binary, a: f64, b: f64) -> f64 {
    let truth = |t: bool| f64::from(u8::from(t));
    match what {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        Binary::Power => a.powf(b),
        Binary::Remainder => a % b,
        Binary::Minimum => a.min(b),
        Binary::Maximum => a.max(b),
        Binary::Less => truth(a < b),
        Binary::LessEqual => truth(a <= b),
        Binary::Greater => truth(a > b),
        Binary::GreaterEqual => truth(a >= b),
        Binary::Equal => truth(a == b),
        Binary::NotEqual => truth(a != b),
        Binary::And => truth(a != 0.0 && b != 0.0),
        Binary::Or => truth(a != 0.0 || b != 0.0),
        Binary::Random => panic!("no random numbers here"),
    }
}
