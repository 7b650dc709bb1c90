//! Registers for the values of vector code.
//!
//! The code is one straight line, so one pass suffices: a value takes a register where it is defined or wanted; when none is
//! free, the value whose next use is farthest leaves (Belady 1966, IBM Syst. J. 5:78), to a slot on the stack unless it lies
//! in memory already. Constants and uniforms are used from memory, the most used ones from registers filled before the loop
//! as far as registers are left.

use super::code::{Access, Code, Id, Kind, What};
use super::target::Target;

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// A vector register.
    Vector(u8),
    /// A register for truths.
    Mask(u8),
    /// A place on the stack.
    Slot(u16),
    /// A number of the code's constants.
    Constant(u16),
    /// A number of the prologue.
    Uniform(u16),
}

impl Location {
    /// Whether it is a register.
    pub fn is_register(self) -> bool {
        matches!(self, Location::Vector(_) | Location::Mask(_))
    }
}

/// Something to be done with registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// A step; operands beyond its arity mean nothing.
    Step { id: Id, from: [Location; 3], to: Option<Location> },
    /// Brings a value from one place to another.
    Move { from: Location, to: Location },
}

/// Code with registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Moves before the loop: from where shared numbers lie to registers that keep them.
    pub entry: Vec<(Location, Location)>,
    pub body: Vec<Placed>,
    /// Slots used.
    pub slots: usize,
}

/// Which operands of a step may be used from memory; at most one of them at a time is.
pub fn from_memory(what: What, operand: usize, location: Location, target: Target) -> bool {
    let slot = matches!(location, Location::Slot(_));
    match what {
        // Lane by lane from the stack, where a slot lies already.
        What::Store(Access::Indexed { .. }) | What::AddTo(Access::Indexed { .. }) => slot,
        What::Store(_) | What::AddTo(_) | What::Pass(_) | What::NotTrue | What::UnlessCalled(_) => false,
        What::ShiftUp(_) | What::ShiftDown(_) => target == Target::Avx512,
        What::SquareRoot | What::Floor | What::Ceil | What::MultiplyAdd => true,
        What::BothTrue | What::EitherTrue => target == Target::Avx2 && operand == 1,
        What::Select | What::Where => operand == 1,
        what => operand == 1 || what.commutes(),
    }
}

/// Places the steps of `order`.
pub fn allocate(code: &Code, order: &[Id], target: Target) -> Allocation {
    let calls = code.steps.iter().any(|step| matches!(step.what, What::Call(_)));
    let kept = if calls { Vec::new() } else { kept_in_registers(code, order, target) };
    let mut allocator = Allocator::new(code, order, target);
    let mut entry = Vec::new();
    for (&id, number) in kept.iter().zip((0..target.vector_registers()).rev()) {
        let register = Location::Vector(number);
        entry.extend(allocator.home(id).map(|home| (home, register)));
        allocator.values[id.index()].register = Some(register);
        allocator.hold(register, Held::Forever);
    }
    for (position, &id) in order.iter().enumerate() {
        allocator.place(position, id);
    }
    Allocation { entry, body: allocator.body, slots: allocator.slots }
}

/// The shared numbers that stay in registers through the loop: the most used ones, in as many registers as the code leaves
/// free at its most crowded point.
fn kept_in_registers(code: &Code, order: &[Id], target: Target) -> Vec<Id> {
    let mut uses = vec![0_u32; code.steps.len()];
    let mut last = vec![0; code.steps.len()];
    for (position, id) in order.iter().enumerate() {
        let step = code.step(*id);
        for (number, operand) in step.operands().iter().enumerate() {
            // What no instruction takes from memory costs a load more.
            let loaded = !from_memory(step.what, number, Location::Constant(0), target);
            uses[operand.index()] += 1 + u32::from(loaded);
            last[operand.index()] = position;
        }
    }
    let vectors = |kind: Kind| kind == Kind::Number || (kind == Kind::Truth && target == Target::Avx2);
    let (mut alive, mut most) = (0_usize, 0_usize);
    for (position, id) in order.iter().enumerate() {
        let step = code.step(*id);
        let mut shared = 0;
        let mut ended: Vec<Id> = Vec::new();
        for &operand in step.operands() {
            let what = code.step(operand).what;
            if what.is_shared() {
                shared += 1;
            } else if vectors(what.kind()) && last[operand.index()] == position && !ended.contains(&operand) {
                ended.push(operand);
            }
        }
        most = most.max(alive + shared);
        alive -= ended.len();
        if vectors(step.what.kind()) && uses[id.index()] > 0 {
            alive += 1;
        }
        most = most.max(alive);
    }
    let left = usize::from(target.vector_registers()).saturating_sub(most);
    let mut shared: Vec<Id> = (0..code.steps.len() as u32)
        .map(Id)
        .filter(|id| code.step(*id).what.is_shared() && uses[id.index()] > 0)
        .collect();
    shared.sort_by_key(|id| (std::cmp::Reverse(uses[id.index()]), *id));
    shared.truncate(left);
    shared
}

/// What a register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    Value(Id),
    /// A number that stays through the loop.
    Forever,
}

#[derive(Clone, Debug, Default)]
struct Value {
    register: Option<Location>,
    slot: Option<u16>,
    /// Positions of its uses, the next one last.
    uses: Vec<usize>,
}

struct Allocator<'a> {
    code: &'a Code,
    target: Target,
    values: Vec<Value>,
    vectors: Vec<Held>,
    masks: Vec<Held>,
    free_slots: Vec<u16>,
    slots: usize,
    body: Vec<Placed>,
}

impl<'a> Allocator<'a> {
    fn new(code: &'a Code, order: &[Id], target: Target) -> Self {
        let mut values = vec![Value::default(); code.steps.len()];
        for (position, id) in order.iter().enumerate().rev() {
            for operand in code.step(*id).operands() {
                values[operand.index()].uses.push(position);
            }
        }
        Self {
            code,
            target,
            values,
            vectors: vec![Held::Nothing; target.vector_registers() as usize],
            masks: vec![Held::Nothing; target.truth_registers().end as usize],
            free_slots: Vec::new(),
            slots: 0,
            body: Vec::new(),
        }
    }

    /// Where a shared number lies in memory.
    fn home(&self, id: Id) -> Option<Location> {
        match self.code.step(id).what {
            What::Constant(c) => Some(Location::Constant(c)),
            What::Uniform(u) => Some(Location::Uniform(u)),
            _ => None,
        }
    }

    fn place(&mut self, position: usize, id: Id) {
        let step = self.code.step(id);
        if let What::Call(_) = step.what {
            self.leave_registers();
            self.body.push(Placed::Step { id, from: [Location::Vector(0); 3], to: None });
            return;
        }
        let operands = step.operands();
        let mut from = [Location::Vector(0); 3];
        let in_memory = self.operand_in_memory(position, step.what, operands);
        for (number, &operand) in operands.iter().enumerate() {
            from[number] = match in_memory {
                Some((memory, location)) if memory == number => location,
                _ => self.in_register(operand, operands),
            };
        }
        let freed: Vec<u16> = operands.iter().filter_map(|&operand| self.used(operand, position)).collect();
        let to = (step.what.kind() != Kind::Nothing).then(|| {
            // An operand's register that came free: many instructions write what they read.
            let mask = |l: &Location| matches!(l, Location::Mask(_));
            let kind = self.kind_of(id);
            let again = from[..operands.len()].iter().copied().find(|l| {
                l.is_register() && mask(l) == (kind == Kind::Truth) && self.held(*l) == Held::Nothing
            });
            let to = again.unwrap_or_else(|| self.register(kind, &[]));
            if !self.values[id.index()].uses.is_empty() {
                self.hold(to, Held::Value(id));
                self.values[id.index()].register = Some(to);
            }
            to
        });
        self.body.push(Placed::Step { id, from, to });
        // Not before: the step may read them.
        self.free_slots.extend(freed);
    }

    /// The operand, if any, that is better left where it lies in memory.
    fn operand_in_memory(&self, position: usize, what: What, operands: &[Id]) -> Option<(usize, Location)> {
        let candidates = operands.iter().enumerate().filter_map(|(number, &operand)| {
            let value = &self.values[operand.index()];
            // An operand that occurs twice needs a register.
            if value.register.is_some() || operands.iter().filter(|&&o| o == operand).count() > 1 {
                return None;
            }
            let home = self.home(operand);
            let location = home.or(value.slot.map(Location::Slot))?;
            from_memory(what, number, location, self.target).then_some((number, location, home.is_some()))
        });
        // Better a shared number than a spilt value, better a value for the last time than one that is needed again.
        candidates
            .min_by_key(|&(number, _, shared)| {
                let again = self.values[operands[number].index()].uses.iter().any(|&u| u > position);
                (!shared, again)
            })
            .map(|(number, location, _)| (number, location))
    }

    /// Brings a value into a register without disturbing `pinned` ones.
    fn in_register(&mut self, id: Id, pinned: &[Id]) -> Location {
        if let Some(register) = self.values[id.index()].register {
            return register;
        }
        let source = self.home(id).or(self.values[id.index()].slot.map(Location::Slot));
        let to = self.register(self.kind_of(id), pinned);
        if let Some(from) = source {
            self.body.push(Placed::Move { from, to });
        }
        self.hold(to, Held::Value(id));
        self.values[id.index()].register = Some(to);
        to
    }

    /// One use less; with the last the value gives up its register, and returns the slot it had.
    fn used(&mut self, id: Id, position: usize) -> Option<u16> {
        let value = &mut self.values[id.index()];
        while value.uses.last() == Some(&position) {
            value.uses.pop();
        }
        if !value.uses.is_empty() {
            return None;
        }
        if let Some(register) = value.register
            && self.held(register) == Held::Value(id)
        {
            self.values[id.index()].register = None;
            self.hold(register, Held::Nothing);
        }
        self.values[id.index()].slot.take()
    }

    fn kind_of(&self, id: Id) -> Kind {
        match self.code.step(id).what.kind() {
            Kind::Truth if self.target == Target::Avx512 => Kind::Truth,
            _ => Kind::Number,
        }
    }

    fn held(&self, register: Location) -> Held {
        match register {
            Location::Vector(r) => self.vectors[r as usize],
            Location::Mask(r) => self.masks[r as usize],
            _ => Held::Nothing,
        }
    }

    fn hold(&mut self, register: Location, held: Held) {
        match register {
            Location::Vector(r) => self.vectors[r as usize] = held,
            Location::Mask(r) => self.masks[r as usize] = held,
            _ => {}
        }
    }

    /// A register that may be written: a free one, or one whose value leaves.
    fn register(&mut self, kind: Kind, pinned: &[Id]) -> Location {
        let numbers = match kind {
            Kind::Truth => self.target.truth_registers(),
            _ => 0..self.target.vector_registers(),
        };
        let locate = |r| if kind == Kind::Truth { Location::Mask(r) } else { Location::Vector(r) };
        let mut farthest = (0, locate(numbers.start));
        for number in numbers {
            let register = locate(number);
            match self.held(register) {
                Held::Nothing => return register,
                Held::Value(id) if !pinned.contains(&id) => {
                    let next = self.values[id.index()].uses.last().copied().unwrap_or(usize::MAX);
                    if next > farthest.0 {
                        farthest = (next, register);
                    }
                }
                _ => {}
            }
        }
        self.leave(farthest.1);
        farthest.1
    }

    /// Makes a register free; its value is kept on the stack unless memory has it.
    fn leave(&mut self, register: Location) {
        let Held::Value(id) = self.held(register) else { return };
        if self.home(id).is_none() && self.values[id.index()].slot.is_none() {
            let slot = self.free_slots.pop().unwrap_or_else(|| {
                self.slots += 1;
                self.slots as u16 - 1
            });
            self.values[id.index()].slot = Some(slot);
            self.body.push(Placed::Move { from: register, to: Location::Slot(slot) });
        }
        self.values[id.index()].register = None;
        self.hold(register, Held::Nothing);
    }

    /// A call keeps no register.
    fn leave_registers(&mut self) {
        for number in 0..self.target.vector_registers() {
            self.leave(Location::Vector(number));
        }
        for number in self.target.truth_registers() {
            self.leave(Location::Mask(number));
        }
    }
}
