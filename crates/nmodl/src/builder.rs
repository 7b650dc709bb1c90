//! Builds straight-line code and does algebra on it: shared values, folding, derivatives, substitution.
//!
//! Equal instructions become one value. Arithmetic of constants is folded, with +, −, ·, / only: what transcendental
//! functions give is decided at run time by one implementation. Identities hold for finite numbers (0·x = 0, 0/x = 0),
//! which symbolic derivatives need to stay short.

use crate::hash::SmallMap;
use crate::ir::{Binary, Instruction, Loop, LoopId, Place, Program, TableId, Unary, Value};

/// An instruction that defines a value, as something to be found again.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Constant(u64),
    Load(Place),
    Unary(Unary, Value),
    Binary(Binary, Value, Value),
    Select(Value, Value, Value),
    Lookup(TableId, Value),
    List(Value, Value),
    Iterate(LoopId, Value),
    Outcome(Value, u32),
}

impl Key {
    /// `None` for writes, which define no value.
    fn of(instruction: Instruction) -> Option<Self> {
        Some(match instruction {
            Instruction::Constant(number) => Key::Constant(number.to_bits()),
            Instruction::Load(place) => Key::Load(place),
            Instruction::Unary(what, a) => Key::Unary(what, a),
            Instruction::Binary(what, a, b) => Key::Binary(what, a, b),
            Instruction::Select(c, t, o) => Key::Select(c, t, o),
            Instruction::Lookup(table, a) => Key::Lookup(table, a),
            Instruction::List(a, b) => Key::List(a, b),
            Instruction::Iterate(id, list) => Key::Iterate(id, list),
            Instruction::Outcome(from, index) => Key::Outcome(from, index),
            Instruction::Store(..) | Instruction::Accumulate(..) => return None,
        })
    }
}

/// What became of values, by their number.
#[derive(Default)]
struct Images(Vec<Option<Value>>);

impl Images {
    fn of(&self, value: Value) -> Option<Value> {
        self.0.get(value.0 as usize).copied().flatten()
    }
}

/// How far a builder had come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    instructions: usize,
    loops: usize,
}

/// So many instructions one program may have.
const MOST_CODE: usize = 400_000;
/// So many instructions may be visited in walks for one program.
const MOST_VISITS: usize = 20_000_000;

/// Straight-line code under construction. It has an end: a builder that is full makes nothing new, and whoever uses it must
/// ask.
#[derive(Default)]
pub(crate) struct Builder {
    instructions: Vec<Instruction>,
    loops: Vec<Loop>,
    known: SmallMap<Key, Value>,
    /// Working memory of walks, empty between them.
    images: Images,
    /// Whether a walk has met an instruction; all false between walks.
    met: Vec<bool>,
    visits: usize,
    full: bool,
    /// Made from a program that is not too large, so that what is added to it is not either.
    imported: bool,
}

/// How near the argument is that tells a table's slope: the step of NEURON's differences of currents, mV.
const TABLE_STEP: f64 = 0.001;

/// The value of an operation on constants; `None` for a power, which is a transcendental function, and a random number.
pub(crate) fn fold_binary(what: Binary, a: f64, b: f64) -> Option<f64> {
    let truth = |t: bool| Some(f64::from(u8::from(t)));
    match what {
        Binary::Add => Some(a + b),
        Binary::Subtract => Some(a - b),
        Binary::Multiply => Some(a * b),
        Binary::Divide => Some(a / b),
        Binary::Power | Binary::Random => None,
        Binary::Remainder => Some(a % b),
        Binary::Minimum => Some(if a < b { a } else { b }),
        Binary::Maximum => Some(if a > b { a } else { b }),
        Binary::Less => truth(a < b),
        Binary::LessEqual => truth(a <= b),
        Binary::Greater => truth(a > b),
        Binary::GreaterEqual => truth(a >= b),
        Binary::Equal => truth(a == b),
        Binary::NotEqual => truth(a != b),
        Binary::And => truth(a != 0.0 && b != 0.0),
        Binary::Or => truth(a != 0.0 || b != 0.0),
    }
}

impl Builder {
    /// A builder of what finished programs hold already, which is not too large.
    pub fn unbounded() -> Self {
        Self { imported: true, ..Self::default() }
    }

    /// Adds the loops of a program behind those that are there, and says how many; its tables count from `first_table` on.
    pub fn take_loops(&mut self, program: &Program, first_table: u32) -> u32 {
        let first = self.loops.len() as u32;
        let moved = |instruction: &Instruction| match *instruction {
            Instruction::Iterate(id, list) => Instruction::Iterate(LoopId(id.0 + first), list),
            Instruction::Lookup(table, a) => Instruction::Lookup(TableId(table.0 + first_table), a),
            other => other,
        };
        self.loops.extend(program.loops.iter().map(|repeated| Loop {
            instructions: repeated.instructions.iter().map(moved).collect(),
            ..repeated.clone()
        }));
        program.loops.len() as u32
    }

    /// Takes over the pure part of a program; returns its writes, whose operands are values of this builder.
    pub fn import(program: &Program) -> (Self, Vec<Instruction>) {
        let mut builder = Self::unbounded();
        let mut map: Vec<Value> = Vec::with_capacity(program.instructions.len());
        let mut writes = Vec::new();
        for &instruction in &program.instructions {
            let instruction = instruction.with_operands(|v| map[v.0 as usize]);
            map.push(match instruction {
                Instruction::Store(..) | Instruction::Accumulate(..) => {
                    writes.push(instruction);
                    Value(u32::MAX)
                }
                pure => builder.emit(pure),
            });
        }
        builder.loops.clone_from(&program.loops);
        (builder, writes)
    }

    /// The value of an instruction of this builder's values that writes nothing.
    pub fn emit(&mut self, instruction: Instruction) -> Value {
        match instruction {
            Instruction::Constant(number) => self.constant(number),
            Instruction::Load(place) => self.load(place),
            Instruction::Unary(what, a) => self.unary(what, a),
            Instruction::Binary(what, a, b) => self.binary(what, a, b),
            Instruction::Select(c, t, o) => self.select(c, t, o),
            Instruction::Lookup(table, a) => self.lookup(table, a),
            Instruction::List(a, b) => self.add(Key::List(a, b), instruction),
            Instruction::Iterate(id, list) => self.add(Key::Iterate(id, list), instruction),
            Instruction::Outcome(from, index) => self.add(Key::Outcome(from, index), instruction),
            // A write defines no value.
            Instruction::Store(_, value) | Instruction::Accumulate(_, value) => value,
        }
    }

    /// The program: pure code, then the writes.
    pub fn finish(mut self, writes: Vec<Instruction>) -> Program {
        self.instructions.extend(writes);
        let mut program = Program { instructions: self.instructions, loops: self.loops };
        crate::passes::dead_code(&mut program);
        program
    }

    fn add(&mut self, key: Key, instruction: Instruction) -> Value {
        let next = Value(self.instructions.len() as u32);
        if self.instructions.len() >= MOST_CODE && !self.imported {
            let known = self.known.get(&key).copied();
            self.full |= known.is_none();
            return known.unwrap_or(Value(0));
        }
        let value = *self.known.entry(key).or_insert(next);
        if value == next {
            self.instructions.push(instruction);
        }
        value
    }

    /// How much there is.
    pub fn mark(&self) -> Mark {
        Mark { instructions: self.instructions.len(), loops: self.loops.len() }
    }

    /// Forgets everything since.
    pub fn truncate(&mut self, mark: Mark) {
        for instruction in self.instructions.drain(mark.instructions..) {
            Key::of(instruction).and_then(|key| self.known.remove(&key));
        }
        self.loops.truncate(mark.loops);
    }

    /// The number that `value` is, when it is one.
    pub fn number(&self, value: Value) -> Option<f64> {
        match self.instructions.get(value.0 as usize) {
            Some(Instruction::Constant(number)) => Some(*number),
            _ => None,
        }
    }

    /// The instruction that defines `value`.
    pub fn instruction(&self, value: Value) -> Option<Instruction> {
        self.instructions.get(value.0 as usize).copied()
    }

    pub fn constant(&mut self, number: f64) -> Value {
        self.add(Key::Constant(number.to_bits()), Instruction::Constant(number))
    }

    pub fn load(&mut self, place: Place) -> Value {
        self.add(Key::Load(place), Instruction::Load(place))
    }

    pub fn unary(&mut self, what: Unary, a: Value) -> Value {
        match (what, self.instructions.get(a.0 as usize)) {
            (Unary::Negate, Some(&Instruction::Constant(number))) => return self.constant(-number),
            (Unary::Negate, Some(&Instruction::Unary(Unary::Negate, inner))) => return inner,
            (Unary::Abs, Some(&Instruction::Constant(number))) => return self.constant(number.abs()),
            (Unary::Not, Some(&Instruction::Constant(number))) => {
                return self.constant(f64::from(u8::from(number == 0.0)));
            }
            _ => {}
        }
        self.add(Key::Unary(what, a), Instruction::Unary(what, a))
    }

    pub fn negate(&mut self, a: Value) -> Value {
        self.unary(Unary::Negate, a)
    }

    pub fn binary(&mut self, what: Binary, a: Value, b: Value) -> Value {
        let (left, right) = (self.number(a), self.number(b));
        if let (Some(left), Some(right)) = (left, right)
            && let Some(number) = fold_binary(what, left, right)
        {
            return self.constant(number);
        }
        match what {
            Binary::Add if left == Some(0.0) => return b,
            Binary::Add | Binary::Subtract if right == Some(0.0) => return a,
            Binary::Subtract if left == Some(0.0) => return self.negate(b),
            Binary::Multiply if left == Some(0.0) || right == Some(0.0) => return self.constant(0.0),
            Binary::Multiply if left == Some(1.0) => return b,
            Binary::Multiply | Binary::Divide if right == Some(1.0) => return a,
            Binary::Multiply if left == Some(-1.0) => return self.negate(b),
            Binary::Multiply | Binary::Divide if right == Some(-1.0) => return self.negate(a),
            Binary::Divide if left == Some(0.0) => return self.constant(0.0),
            Binary::Divide => {
                if let Some(shorter) = self.without_division(a, b, right) {
                    return shorter;
                }
            }
            // (−x)·c is x·(−c).
            Binary::Multiply => {
                if let (Some(&Instruction::Unary(Unary::Negate, inner)), Some(number)) =
                    (self.instructions.get(a.0 as usize), right)
                {
                    let factor = self.constant(-number);
                    return self.binary(Binary::Multiply, inner, factor);
                }
            }
            Binary::Power => {
                if let Some(exponent) = right.filter(|e| e.fract() == 0.0 && (0.0..=8.0).contains(e)) {
                    return self.integer_power(a, exponent as u32);
                }
            }
            _ => {}
        }
        self.add(Key::Binary(what, a, b), Instruction::Binary(what, a, b))
    }

    /// A quotient without its division, the slowest of the operations: a fixed divisor becomes a factor, and a
    /// reciprocal as divisor goes up again, as in 1/(1/x). The last bit may differ from the quotient's; it is decided here, once
    /// and for all ways of running the program.
    fn without_division(&mut self, a: Value, b: Value, divisor: Option<f64>) -> Option<Value> {
        if let Some(divisor) = divisor {
            let reciprocal = 1.0 / divisor;
            // Not for 0, nor for numbers whose reciprocal loses digits as a denormal.
            let factor = reciprocal.is_normal().then(|| self.constant(reciprocal))?;
            return Some(self.binary(Binary::Multiply, a, factor));
        }
        match self.instructions.get(b.0 as usize) {
            Some(&Instruction::Binary(Binary::Divide, one, x)) if self.number(one) == Some(1.0) => {
                Some(self.binary(Binary::Multiply, a, x))
            }
            _ => None,
        }
    }

    /// aⁿ by multiplication from the left: a·a·a.
    fn integer_power(&mut self, a: Value, exponent: u32) -> Value {
        match exponent {
            0 => self.constant(1.0),
            _ => (1..exponent).fold(a, |product, _| self.binary(Binary::Multiply, product, a)),
        }
    }

    pub fn select(&mut self, condition: Value, then: Value, otherwise: Value) -> Value {
        if then == otherwise {
            return then;
        }
        match self.number(condition) {
            Some(number) => {
                if number != 0.0 {
                    then
                } else {
                    otherwise
                }
            }
            None => self.add(
                Key::Select(condition, then, otherwise),
                Instruction::Select(condition, then, otherwise),
            ),
        }
    }

    pub fn lookup(&mut self, table: TableId, a: Value) -> Value {
        self.add(Key::Lookup(table, a), Instruction::Lookup(table, a))
    }

    /// Whether more was asked for than there may be: then what was made is not to be used.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Whether `value` is the number 0.
    pub fn is_zero(&self, value: Value) -> bool {
        self.number(value) == Some(0.0)
    }

    /// −b/a. A common denominator or factor, as in y' = (y∞ − y)/τ, cancels.
    pub fn negative_quotient(&mut self, b: Value, a: Value) -> Value {
        let fraction = |v: Value| match self.instructions.get(v.0 as usize) {
            Some(&Instruction::Binary(Binary::Divide, p, q)) => Some((p, q)),
            _ => None,
        };
        let product = |v: Value| match self.instructions.get(v.0 as usize) {
            Some(&Instruction::Binary(Binary::Multiply, p, q)) => Some((p, q)),
            _ => None,
        };
        let minus_one = |v: Value| match self.instructions.get(v.0 as usize) {
            Some(&Instruction::Unary(Unary::Negate, inner)) => Some(inner),
            _ => None,
        };
        // y∞·r and −r, as when τ was 1/r.
        if let (Some((p, q)), Some(r)) = (product(b), minus_one(a))
            && q == r
        {
            return p;
        }
        let (b, a) = match (fraction(b), fraction(a)) {
            (Some((p, q)), Some((r, s))) if q == s => (p, r),
            _ => (b, a),
        };
        let minus = self.negate(b);
        self.binary(Binary::Divide, minus, a)
    }

    /// Walks from `values` back to those that `given` has images for, then forward again: `image` says what becomes of
    /// each value in between, whose operands have theirs already. Returns the images of `values`, none for one that has no
    /// part in it. Only what lies between is looked at, however long the program is.
    fn walk(
        &mut self,
        given: &[(Value, Value)],
        values: &[Value],
        image: impl Fn(&mut Self, Value, &Images) -> Value,
    ) -> Vec<Option<Value>> {
        let Some(first) = given.iter().map(|g| g.0).min() else { return vec![None; values.len()] };
        let between = self.needed(values, first);
        let mut images = std::mem::take(&mut self.images);
        images.0.resize(self.instructions.len(), None);
        for &(value, image) in given.iter().rev() {
            images.0[value.0 as usize] = Some(image);
        }
        for &value in &between {
            let mut depends = false;
            self.instructions[value.0 as usize].operands(|v| depends |= images.of(v).is_some());
            if depends && images.of(value).is_none() {
                images.0[value.0 as usize] = Some(image(self, value, &images));
            }
        }
        let found = values.iter().map(|&v| images.of(v)).collect();
        for value in between.into_iter().chain(given.iter().map(|g| g.0)) {
            images.0[value.0 as usize] = None;
        }
        self.images = images;
        found
    }

    /// What `values` need, themselves too, from `first` on and in order.
    fn needed(&mut self, values: &[Value], first: Value) -> Vec<Value> {
        self.met.resize(self.instructions.len(), false);
        let mut needed: Vec<Value> = Vec::new();
        let mut meet = |v: Value, needed: &mut Vec<Value>| {
            if v >= first && !std::mem::replace(&mut self.met[v.0 as usize], true) {
                needed.push(v);
            }
        };
        values.iter().for_each(|&v| meet(v, &mut needed));
        let mut looked_at = 0;
        while let Some(&value) = needed.get(looked_at) {
            self.instructions[value.0 as usize].operands(|v| meet(v, &mut needed));
            looked_at += 1;
        }
        needed.iter().for_each(|v| self.met[v.0 as usize] = false);
        self.visits += needed.len();
        self.full |= self.visits > MOST_VISITS && !self.imported;
        needed.sort_unstable();
        needed
    }

    /// Whether one of `values` depends on one of `on`.
    pub fn depends(&mut self, values: &[Value], on: &[Value]) -> bool {
        let given: Vec<(Value, Value)> = on.iter().map(|&v| (v, v)).collect();
        self.walk(&given, values, |_, this, _| this).iter().any(Option::is_some)
    }

    /// Those of `of`, which is in order, that `value` depends on, as positions.
    pub fn occurring(&mut self, value: Value, of: &[Value]) -> Vec<usize> {
        let Some(&first) = of.first() else { return Vec::new() };
        self.needed(&[value], first).iter().filter_map(|v| of.binary_search(v).ok()).collect()
    }

    /// `value` with `old` replaced by `new`.
    pub fn substitute(&mut self, value: Value, old: Value, new: Value) -> Value {
        self.substitute_all(&[value], &[(old, new)])[0]
    }

    /// The values with the first of each pair replaced by the second, all at once.
    pub fn substitute_all(&mut self, values: &[Value], pairs: &[(Value, Value)]) -> Vec<Value> {
        let images = self.walk(pairs, values, |builder, this, images| {
            let replaced = builder.instructions[this.0 as usize].with_operands(|v| images.of(v).unwrap_or(v));
            builder.emit(replaced)
        });
        values.iter().zip(images).map(|(&value, image)| image.unwrap_or(value)).collect()
    }

    /// Whether [`Self::derivative`] can tell: not where a loop stands between the two.
    pub fn differentiable(&mut self, value: Value, on: Value) -> bool {
        self.between(&[on], &[value])
            .iter()
            .all(|v| !matches!(self.instructions[v.0 as usize], Instruction::Iterate(..)))
    }

    /// What `values` need that depends on one of `on`, themselves too, in order.
    fn between(&mut self, on: &[Value], values: &[Value]) -> Vec<Value> {
        let Some(&first) = on.iter().min() else { return Vec::new() };
        let mut between: Vec<Value> = Vec::new();
        for value in self.needed(values, first) {
            let mut depends = on.contains(&value);
            self.instructions[value.0 as usize].operands(|v| depends |= between.binary_search(&v).is_ok());
            if depends {
                between.push(value);
            }
        }
        between
    }

    /// A loop. `carried` holds a placeholder for what one repetition hands to the next and the value that it has at first,
    /// `condition` and `next` are values of the placeholders. Returns what the last repetition hands on.
    pub fn iterate(&mut self, carried: &[(Value, Value)], condition: Value, next: &[Value]) -> Vec<Value> {
        let results: Vec<Value> = next.iter().copied().chain([condition]).collect();
        let placeholders: Vec<Value> = carried.iter().map(|c| c.0).collect();
        let mut inside = self.between(&placeholders, &results);
        // Numbers are repeated inside rather than handed in.
        let constants: Vec<Value> = results
            .iter()
            .copied()
            .chain(inside.iter().flat_map(|v| {
                let mut operands = Vec::new();
                self.instructions[v.0 as usize].operands(|v| operands.push(v));
                operands
            }))
            .filter(|v| self.number(*v).is_some())
            .collect();
        inside.extend(constants);
        inside.sort_unstable();
        inside.dedup();
        let is_inside = |v: &Value| inside.binary_search(v).is_ok();
        let mut captured: Vec<Value> = results.iter().copied().filter(|v| !is_inside(v)).collect();
        for value in &inside {
            self.instructions[value.0 as usize].operands(|v| {
                if !is_inside(&v) {
                    captured.push(v);
                }
            });
        }
        captured.sort_unstable();
        captured.dedup();
        let mut local: SmallMap<Value, Value> = SmallMap::default();
        for (number, &value) in placeholders.iter().chain(&captured).enumerate() {
            local.insert(value, Value(number as u32));
        }
        let mut instructions = Vec::new();
        for value in inside {
            if local.contains_key(&value) {
                continue;
            }
            let moved =
                self.instructions[value.0 as usize].with_operands(|v| local.get(&v).copied().unwrap_or(v));
            local.insert(value, Value((placeholders.len() + captured.len() + instructions.len()) as u32));
            instructions.push(moved);
        }
        let at = |v: &Value| local.get(v).copied().unwrap_or(*v);
        let body = Loop {
            carried: carried.len() as u32,
            captured: captured.len() as u32,
            condition: at(&condition),
            next: next.iter().map(at).collect(),
            instructions,
        };
        let id = LoopId(self.loops.len() as u32);
        self.loops.push(body);
        let mut inputs = carried.iter().map(|c| c.1).chain(captured);
        let Some(first) = inputs.next() else { return Vec::new() };
        let list = inputs.fold(first, |list, item| self.emit(Instruction::List(list, item)));
        let run = self.emit(Instruction::Iterate(id, list));
        (0..carried.len()).map(|k| self.emit(Instruction::Outcome(run, k as u32))).collect()
    }

    /// ∂value/∂on, by forward differentiation. Values that a loop hands on count as constant: see
    /// [`Self::differentiable`].
    pub fn derivative(&mut self, value: Value, on: Value) -> Value {
        let (zero, one) = (self.constant(0.0), self.constant(1.0));
        let slopes = self.walk(&[(on, one)], &[value], |builder, this, slopes| {
            let slope = |v: Value| slopes.of(v).unwrap_or(zero);
            match builder.instructions[this.0 as usize] {
                Instruction::Unary(what, a) => builder.unary_derivative(what, this, a, slope(a)),
                Instruction::Binary(what, a, b) => {
                    builder.binary_derivative(what, this, (a, slope(a)), (b, slope(b)))
                }
                Instruction::Select(c, t, o) => builder.select(c, slope(t), slope(o)),
                Instruction::Lookup(table, a) => builder.table_derivative(table, this, a, slope(a)),
                _ => zero,
            }
        });
        slopes[0].unwrap_or(zero)
    }

    /// The chain rule; `this` is the operation's own value.
    fn unary_derivative(&mut self, what: Unary, this: Value, a: Value, slope: Value) -> Value {
        // Whatever the operation's own slope is: it may be infinite, as that of a root at 0.
        if self.is_zero(slope) {
            return self.constant(0.0);
        }
        let one = self.constant(1.0);
        let factor = match what {
            Unary::Negate => return self.negate(slope),
            Unary::Not | Unary::Floor | Unary::Ceil => return self.constant(0.0),
            Unary::Abs => {
                let zero = self.constant(0.0);
                let negative = self.binary(Binary::Less, a, zero);
                let minus = self.negate(slope);
                return self.select(negative, minus, slope);
            }
            Unary::Log => return self.binary(Binary::Divide, slope, a),
            Unary::Log10 => {
                let ln10 = self.constant(std::f64::consts::LN_10);
                let scaled = self.binary(Binary::Multiply, a, ln10);
                return self.binary(Binary::Divide, slope, scaled);
            }
            Unary::Sqrt => {
                let double = self.binary(Binary::Add, this, this);
                return self.binary(Binary::Divide, slope, double);
            }
            Unary::Exp => this,
            Unary::Sin => self.unary(Unary::Cos, a),
            Unary::Cos => {
                let sine = self.unary(Unary::Sin, a);
                self.negate(sine)
            }
            Unary::Sinh => self.unary(Unary::Cosh, a),
            Unary::Cosh => self.unary(Unary::Sinh, a),
            Unary::Tan | Unary::Tanh => {
                let square = self.binary(Binary::Multiply, this, this);
                let what = if what == Unary::Tan { Binary::Add } else { Binary::Subtract };
                self.binary(what, one, square)
            }
            Unary::Exprelr => self.exprelr_derivative(this, a),
            Unary::Asin | Unary::Acos | Unary::Atan => {
                let square = self.binary(Binary::Multiply, a, a);
                let divisor = if what == Unary::Atan {
                    self.binary(Binary::Add, one, square)
                } else {
                    let inner = self.binary(Binary::Subtract, one, square);
                    self.unary(Unary::Sqrt, inner)
                };
                let quotient = self.binary(Binary::Divide, slope, divisor);
                return if what == Unary::Acos { self.negate(quotient) } else { quotient };
            }
        };
        self.binary(Binary::Multiply, factor, slope)
    }

    /// y (1 − x − y)/x for y = x/(eˣ − 1); near 0, where digits cancel, the series −½ + x/6 − x³/180, whose next term is below 1e-13
    /// there.
    fn exprelr_derivative(&mut self, y: Value, x: Value) -> Value {
        let [near, one, half, first, third] =
            [0.01, 1.0, 0.5, 1.0 / 6.0, 1.0 / 180.0].map(|number| self.constant(number));
        let size = self.unary(Unary::Abs, x);
        let is_near = self.binary(Binary::Less, size, near);
        let square = self.binary(Binary::Multiply, x, x);
        let part = self.binary(Binary::Multiply, square, third);
        let factor = self.binary(Binary::Subtract, first, part);
        let odd = self.binary(Binary::Multiply, x, factor);
        let series = self.binary(Binary::Subtract, odd, half);
        let rest = self.binary(Binary::Subtract, one, x);
        let rest = self.binary(Binary::Subtract, rest, y);
        let product = self.binary(Binary::Multiply, y, rest);
        let quotient = self.binary(Binary::Divide, product, x);
        self.select(is_near, series, quotient)
    }

    /// A table is linear between its points, so that the difference to a near argument tells its slope.
    fn table_derivative(&mut self, table: TableId, this: Value, a: Value, slope: Value) -> Value {
        let step = self.constant(TABLE_STEP);
        let near = self.binary(Binary::Add, a, step);
        let above = self.lookup(table, near);
        let change = self.binary(Binary::Subtract, above, this);
        let change = self.binary(Binary::Divide, change, step);
        self.binary(Binary::Multiply, change, slope)
    }

    fn binary_derivative(
        &mut self,
        what: Binary,
        this: Value,
        a: (Value, Value),
        b: (Value, Value),
    ) -> Value {
        let ((a, da), (b, db)) = (a, b);
        match what {
            Binary::Add | Binary::Subtract => self.binary(what, da, db),
            Binary::Multiply => {
                let left = self.binary(Binary::Multiply, da, b);
                let right = self.binary(Binary::Multiply, a, db);
                self.binary(Binary::Add, left, right)
            }
            Binary::Divide => {
                let part = self.binary(Binary::Multiply, this, db);
                let top = self.binary(Binary::Subtract, da, part);
                self.binary(Binary::Divide, top, b)
            }
            Binary::Power if self.is_zero(db) => {
                let one = self.constant(1.0);
                let less = self.binary(Binary::Subtract, b, one);
                let power = self.binary(Binary::Power, a, less);
                let scaled = self.binary(Binary::Multiply, b, power);
                self.binary(Binary::Multiply, scaled, da)
            }
            Binary::Power => {
                let logarithm = self.unary(Unary::Log, a);
                let left = self.binary(Binary::Multiply, db, logarithm);
                let ratio = self.binary(Binary::Divide, da, a);
                let right = self.binary(Binary::Multiply, b, ratio);
                let sum = self.binary(Binary::Add, left, right);
                self.binary(Binary::Multiply, this, sum)
            }
            // a − b·trunc(a/b): between its jumps the derivative by b is minus the truncated quotient.
            Binary::Remainder => {
                let difference = self.binary(Binary::Subtract, a, this);
                let quotient = self.binary(Binary::Divide, difference, b);
                let part = self.binary(Binary::Multiply, quotient, db);
                self.binary(Binary::Subtract, da, part)
            }
            Binary::Minimum | Binary::Maximum => {
                let order = if what == Binary::Minimum { Binary::Less } else { Binary::Greater };
                let first = self.binary(order, a, b);
                self.select(first, da, db)
            }
            _ => self.constant(0.0),
        }
    }
}
