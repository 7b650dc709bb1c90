//! From a kernel's operations to vector code.

use std::collections::HashMap;

use apical_nmodl::ir::{Binary, Unary};

use super::code::{Access, Call, Called, Code, Coefficients, Id, Relation, What, permuted};
use super::target::Target;
use crate::kernel::{Kernel, Operand, Operation, ScalarOperation};
use crate::math::arithmetic::Arithmetic;
use crate::math::{exponential, logarithm, trigonometry};
use crate::pieces::Pieces;
use crate::table::Table;

/// The vector code of a kernel. `None` when it has more parts than can be numbered.
pub fn translate(kernel: &Kernel, target: Target) -> Option<Code> {
    let numbers = shared_numbers(kernel);
    let mut translator = Translator {
        recorder: Recorder {
            code: Code::default(),
            constants: HashMap::new(),
            places: HashMap::new(),
            indices: HashMap::new(),
            target,
        },
        registers: vec![Form::default(); kernel.registers],
        uniforms: vec![Form::default(); numbers.len()],
        numbers,
    };
    for operation in &kernel.operations {
        translator.operation(kernel, operation)?;
    }
    let code = translator.recorder.code;
    let countable = code.constants.len().max(code.calls.len()).max(code.lists.len()) < usize::from(u16::MAX);
    (countable && code.steps.len() < u32::MAX as usize).then_some(code)
}

/// For each position of the prologue the number that it is, when it is known beforehand.
fn shared_numbers(kernel: &Kernel) -> Vec<Option<f64>> {
    let mut numbers = Vec::new();
    for operation in &kernel.prologue {
        match *operation {
            ScalarOperation::Constant(number) => numbers.push(Some(number)),
            ScalarOperation::Iterate(index) => {
                let results = kernel.iterations[index as usize].body.carried;
                numbers.extend(std::iter::repeat_n(None, results));
            }
            _ => numbers.push(None),
        }
    }
    numbers
}

/// A value as number, as truth, or as both.
#[derive(Clone, Copy, Debug, Default)]
struct Form {
    number: Option<Id>,
    truth: Option<Id>,
}

struct Translator {
    recorder: Recorder,
    registers: Vec<Form>,
    uniforms: Vec<Form>,
    numbers: Vec<Option<f64>>,
}

impl Translator {
    fn operation(&mut self, kernel: &Kernel, operation: &Operation) -> Option<()> {
        match *operation {
            Operation::LoadColumn { to, offset } => self.load(to, Access::Column(offset)),
            Operation::LoadIndexed { to, offset, list } => {
                let access = self.indexed(offset, list)?;
                self.load(to, access);
            }
            Operation::Unary { to, what, a } => {
                let form = self.unary(what, Operand::Register(a));
                self.registers[to as usize] = form;
            }
            Operation::Binary { to, what, a, b } => {
                let form = self.binary(what, a, b);
                self.registers[to as usize] = form;
            }
            Operation::Select { to, condition, then, otherwise } => {
                let condition = self.truth(condition);
                let (then, otherwise) = (self.number(then), self.number(otherwise));
                let chosen = self.recorder.select(condition, then, otherwise);
                self.registers[to as usize] = chosen.into();
            }
            Operation::Lookup { to, table, a } => {
                let a = self.number(Operand::Register(a));
                let found = match &*kernel.tables[table as usize] {
                    Table::Points(_) => self.recorder.call(Called::Lookup(table), &[a], 1)[0],
                    Table::Pieces(pieces) => self.recorder.polynomial(pieces, a)?,
                };
                self.registers[to as usize] = found.into();
            }
            Operation::Iterate { to, iteration } => {
                let repeated = &kernel.iterations[iteration as usize];
                let inputs: Vec<Id> = repeated.inputs.iter().map(|&i| self.number(i)).collect();
                let count = repeated.body.carried;
                let results = self.recorder.call(Called::Iterate(iteration), &inputs, count);
                for (number, result) in results.into_iter().enumerate() {
                    self.registers[to as usize + number] = result.into();
                }
            }
            Operation::StoreColumn { offset, from } => self.write(What::Store(Access::Column(offset)), from),
            Operation::AddColumn { offset, from } => self.write(What::AddTo(Access::Column(offset)), from),
            Operation::StoreIndexed { offset, list, from } => {
                let access = self.indexed(offset, list)?;
                self.write(What::Store(access), from);
            }
            Operation::AddIndexed { offset, list, from } => {
                let access = self.indexed(offset, list)?;
                self.write(What::AddTo(access), from);
            }
        }
        Some(())
    }

    fn indexed(&mut self, offset: usize, list: usize) -> Option<Access> {
        let lists = &mut self.recorder.code.lists;
        let known = lists.iter().position(|&l| l == list).unwrap_or(lists.len());
        if known == lists.len() {
            lists.push(list);
        }
        Some(Access::Indexed { offset, list: u16::try_from(known).ok()? })
    }

    fn load(&mut self, to: u16, access: Access) {
        let id = self.recorder.code.push(What::Load(access), &[]);
        self.registers[to as usize] = id.into();
    }

    fn write(&mut self, what: What, from: Operand) {
        let from = self.number(from);
        self.recorder.code.push(what, &[from]);
    }

    fn form(&mut self, operand: Operand) -> &mut Form {
        match operand {
            Operand::Register(r) => &mut self.registers[r as usize],
            Operand::Uniform(u) => {
                let form = &mut self.uniforms[u as usize];
                if form.number.is_none() {
                    form.number = Some(match self.numbers[u as usize] {
                        Some(number) => self.recorder.constant(number),
                        None => self.recorder.code.push(What::Uniform(u), &[]),
                    });
                }
                form
            }
        }
    }

    fn number(&mut self, operand: Operand) -> Id {
        let form = *self.form(operand);
        if let Some(number) = form.number {
            return number;
        }
        let number = match form.truth {
            Some(truth) => self.recorder.number_of(truth),
            // Of a register that no operation wrote; kernels have none such.
            None => self.recorder.constant(f64::NAN),
        };
        self.form(operand).number = Some(number);
        number
    }

    fn truth(&mut self, operand: Operand) -> Id {
        if let Some(truth) = self.form(operand).truth {
            return truth;
        }
        let number = self.number(operand);
        let zero = self.recorder.constant(0.0);
        let truth = self.recorder.code.push(What::Compare(Relation::NotEqual), &[number, zero]);
        self.form(operand).truth = Some(truth);
        truth
    }

    fn unary(&mut self, what: Unary, a: Operand) -> Form {
        if what == Unary::Not {
            let truth = self.truth(a);
            return Form { number: None, truth: Some(self.recorder.code.push(What::NotTrue, &[truth])) };
        }
        let a = self.number(a);
        let on = &mut self.recorder;
        match what {
            Unary::Negate => on.negate(a),
            Unary::Abs => on.absolute(a),
            Unary::Sqrt => on.code.push(What::SquareRoot, &[a]),
            Unary::Floor => on.code.push(What::Floor, &[a]),
            Unary::Ceil => on.code.push(What::Ceil, &[a]),
            Unary::Exp => exponential::exp(on, a),
            Unary::Log => logarithm::log(on, a),
            Unary::Sinh => exponential::sinh(on, a),
            Unary::Cosh => exponential::cosh(on, a),
            Unary::Tanh => exponential::tanh(on, a),
            Unary::Exprelr => exponential::exprelr(on, a),
            Unary::Sin => on.unless_beyond_reach(what, a, trigonometry::sin),
            Unary::Cos => on.unless_beyond_reach(what, a, trigonometry::cos),
            Unary::Tan => on.unless_beyond_reach(what, a, trigonometry::tan),
            other => on.call(Called::Unary(other), &[a], 1)[0],
        }
        .into()
    }

    fn binary(&mut self, what: Binary, a: Operand, b: Operand) -> Form {
        let connective = match what {
            Binary::And => Some(What::BothTrue),
            Binary::Or => Some(What::EitherTrue),
            _ => None,
        };
        if let Some(connective) = connective {
            let (a, b) = (self.truth(a), self.truth(b));
            return Form { number: None, truth: Some(self.recorder.code.push(connective, &[a, b])) };
        }
        let (a, b) = (self.number(a), self.number(b));
        if what == Binary::Power {
            return logarithm::pow(&mut self.recorder, a, b).into();
        }
        let code = &mut self.recorder.code;
        let relation = match what {
            Binary::Less => Relation::Less,
            Binary::LessEqual => Relation::LessEqual,
            Binary::Greater => Relation::Greater,
            Binary::GreaterEqual => Relation::GreaterEqual,
            Binary::Equal => Relation::Equal,
            Binary::NotEqual => Relation::NotEqual,
            Binary::Add => return code.push(What::Add, &[a, b]).into(),
            Binary::Subtract => return code.push(What::Subtract, &[a, b]).into(),
            Binary::Multiply => return code.push(What::Multiply, &[a, b]).into(),
            Binary::Divide => return code.push(What::Divide, &[a, b]).into(),
            Binary::Minimum => return code.push(What::Minimum, &[a, b]).into(),
            Binary::Maximum => return code.push(What::Maximum, &[a, b]).into(),
            other => return self.recorder.call(Called::Binary(other), &[a, b], 1)[0].into(),
        };
        Form { number: None, truth: Some(code.push(What::Compare(relation), &[a, b])) }
    }
}

impl From<Id> for Form {
    fn from(number: Id) -> Self {
        Form { number: Some(number), truth: None }
    }
}

/// Writes down what is computed.
struct Recorder {
    code: Code,
    constants: HashMap<u64, Id>,
    /// Piece and distance of an argument on a grid: tables of one argument share them.
    places: HashMap<(Id, [u64; 2]), (Id, Id)>,
    /// The number of a piece alone, among so many.
    indices: HashMap<(Id, usize), Id>,
    target: Target,
}

impl Recorder {
    /// The polynomial of the piece that the argument lies in. `None` when there are more tables than can be numbered.
    fn polynomial(&mut self, pieces: &Pieces, a: Id) -> Option<Id> {
        let table = u16::try_from(self.code.tables.len()).ok()?;
        let bits = pieces.coefficients().iter().map(|c| c.to_bits()).collect();
        self.code.tables.push(Coefficients { pieces: pieces.pieces(), bits });
        let key = (a, pieces.grid());
        let (piece, distance) = match self.places.get(&key) {
            Some(known) => *known,
            None => {
                let made = pieces.place(self, a);
                self.places.insert(key, made);
                made
            }
        };
        let piece =
            if permuted(pieces.pieces(), self.target) { piece } else { self.index(piece, pieces.pieces()) };
        Some(pieces.horner(self, distance, |on, row| {
            on.code.push(What::Coefficient { table, row: row as u16 }, &[piece])
        }))
    }

    /// The number of a piece without the other bits, so that whatever the argument is one of the pieces is fetched.
    fn index(&mut self, piece: Id, pieces: usize) -> Id {
        if let Some(&known) = self.indices.get(&(piece, pieces)) {
            return known;
        }
        let mask = self.bits(pieces as u64 - 1);
        let index = self.both_bits(piece, mask);
        self.indices.insert((piece, pieces), index);
        index
    }

    /// 1 where a truth holds and 0 elsewhere.
    fn number_of(&mut self, truth: Id) -> Id {
        let one = self.constant(1.0);
        self.code.push(What::Where, &[truth, one])
    }

    fn call(&mut self, called: Called, from: &[Id], results: usize) -> Vec<Id> {
        let site = self.code.calls.len() as u16;
        self.code.calls.push(Call { called, arguments: from.len() as u16, results: results as u16 });
        for (number, &argument) in from.iter().enumerate() {
            self.code.push(What::Pass(number as u16), &[argument]);
        }
        self.code.push(What::Call(site), &[]);
        (0..results).map(|number| self.code.push(What::Result(number as u16), &[])).collect()
    }
}

impl Recorder {
    /// A trigonometric function in line, and a call only where an argument is so large that it needs one.
    fn unless_beyond_reach(&mut self, what: Unary, a: Id, within: impl Fn(&mut Self, Id) -> Id) -> Id {
        let value = within(self, a);
        let beyond = trigonometry::is_beyond_reach(self, a);
        let site = self.code.calls.len() as u16;
        self.code.calls.push(Call { called: Called::Unary(what), arguments: 1, results: 1 });
        self.code.push(What::UnlessCalled(site), &[beyond, a, value])
    }
}

impl Arithmetic for Recorder {
    type Number = Id;
    type Truth = Id;

    fn constant(&mut self, number: f64) -> Id {
        let bits = number.to_bits();
        if let Some(&id) = self.constants.get(&bits) {
            return id;
        }
        let id = self.code.push(What::Constant(self.code.constants.len() as u16), &[]);
        self.code.constants.push(bits);
        self.constants.insert(bits, id);
        id
    }

    fn add(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::Add, &[a, b])
    }

    fn subtract(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::Subtract, &[a, b])
    }

    fn multiply(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::Multiply, &[a, b])
    }

    fn divide(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::Divide, &[a, b])
    }

    fn multiply_add(&mut self, a: Id, b: Id, c: Id) -> Id {
        self.code.push(What::MultiplyAdd, &[a, b, c])
    }

    fn minimum(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::Minimum, &[a, b])
    }

    fn maximum(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::Maximum, &[a, b])
    }

    fn both_bits(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::BothBits, &[a, b])
    }

    fn either_bits(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::EitherBits, &[a, b])
    }

    fn one_of_bits(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::OneOfBits, &[a, b])
    }

    fn add_integers(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::AddIntegers, &[a, b])
    }

    fn subtract_integers(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::SubtractIntegers, &[a, b])
    }

    fn shift_up(&mut self, a: Id, by: u8) -> Id {
        self.code.push(What::ShiftUp(by), &[a])
    }

    fn shift_down(&mut self, a: Id, by: u8) -> Id {
        self.code.push(What::ShiftDown(by), &[a])
    }

    fn floor(&mut self, a: Id) -> Id {
        self.code.push(What::Floor, &[a])
    }

    fn less(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::Compare(Relation::Less), &[a, b])
    }

    fn equal(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::Compare(Relation::Equal), &[a, b])
    }

    fn both(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::BothTrue, &[a, b])
    }

    fn either(&mut self, a: Id, b: Id) -> Id {
        self.code.push(What::EitherTrue, &[a, b])
    }

    fn select(&mut self, condition: Id, then: Id, otherwise: Id) -> Id {
        self.code.push(What::Select, &[condition, then, otherwise])
    }

    fn power(&mut self, k: Id) -> Id {
        match self.target {
            Target::Avx512 => {
                let one = self.constant(1.0);
                self.scale(one, k)
            }
            Target::Avx2 => self.power_in_integers(k),
        }
    }

    fn scale(&mut self, a: Id, k: Id) -> Id {
        match self.target {
            // One instruction, which also rounds once.
            Target::Avx512 => self.code.push(What::Scale, &[a, k]),
            Target::Avx2 => self.scale_in_two_factors(a, k),
        }
    }
}
