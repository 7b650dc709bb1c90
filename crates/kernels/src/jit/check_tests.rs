//! Allocations that were tampered with are refused.

use super::*;
use crate::jit::allocate::allocate;
use crate::jit::code::Access;
use crate::jit::schedule::schedule;

/// Numbers of a column.
const COUNT: usize = 8;

/// A polynomial in two columns that needs registers, slots and constants.
fn sample() -> Code {
    let mut code = Code { constants: (0..12).map(|i| f64::from(i).to_bits()).collect(), ..Code::default() };
    let constants: Vec<Id> = (0..12).map(|c| code.push(What::Constant(c), &[])).collect();
    let loads: Vec<Id> = (0..40).map(|n| code.push(What::Load(Access::Column(n * COUNT)), &[])).collect();
    let mut sum = loads[0];
    for (n, &load) in loads.iter().enumerate() {
        sum = code.push(What::MultiplyAdd, &[sum, load, constants[n % 12]]);
    }
    for (n, &load) in loads.iter().enumerate() {
        sum = code.push(What::Maximum, &[constants[n % 12], sum]);
        sum = code.push(What::Subtract, &[sum, load]);
    }
    code.push(What::Store(Access::Column(40 * COUNT)), &[sum]);
    code
}

#[test]
fn an_allocation_that_was_tampered_with_is_refused() {
    for target in [Target::Avx2, Target::Avx512] {
        let code = sample();
        let order = schedule(&code, target);
        let good = allocate(&code, &order, target);
        assert_eq!(check(&code, &order, &good, target), Ok(()));
        assert!(good.slots > 0 && !good.body.is_empty());
        let refused = |bad: &Allocation| check(&code, &order, bad, target).is_err();
        // Any register or slot read in another's place, any move left out, any result put elsewhere where it does harm.
        for at in 0..good.body.len() {
            let mut bad = good.clone();
            match bad.body.remove(at) {
                Placed::Step { .. } => assert!(refused(&bad), "step {at} left out"),
                Placed::Move { .. } => assert!(refused(&bad), "move {at} left out"),
            }
            let mut bad = good.clone();
            match &mut bad.body[at] {
                Placed::Step { id, from, .. }
                    if code.step(*id).operands().windows(2).next().is_some_and(|o| o[0] != o[1]) =>
                {
                    from[0] = from[1];
                    assert!(refused(&bad), "step {at} reads one operand twice");
                }
                Placed::Move { from: from @ Location::Slot(_), .. } => {
                    *from = Location::Slot(good.slots as u16);
                    assert!(refused(&bad), "move {at} reads beyond the slots");
                }
                _ => {}
            }
            if at + 1 < good.body.len() {
                let mut bad = good.clone();
                bad.body.swap(at, at + 1);
                let steps = bad.body[at..at + 2].iter().all(|p| matches!(p, Placed::Step { .. }));
                assert!(!steps || refused(&bad), "steps {at} and the next exchanged");
            }
        }
        let mut bad = good.clone();
        bad.slots = 0;
        assert!(refused(&bad), "slots that do not exist");
    }
}

#[test]
fn a_register_filled_before_the_loop_must_last_and_the_emitters_own_are_not_given_away() {
    let mut code = Code { constants: vec![1.5_f64.to_bits()], ..Code::default() };
    let constant = code.push(What::Constant(0), &[]);
    let load = code.push(What::Load(Access::Column(0)), &[]);
    let sum = code.push(What::Add, &[load, constant]);
    code.push(What::Store(Access::Column(COUNT)), &[sum]);
    let target = Target::Avx512;
    let order = schedule(&code, target);
    let good = allocate(&code, &order, target);
    let kept = good.entry[0].1;
    let mut bad = good.clone();
    for placed in &mut bad.body {
        if let Placed::Step { id, to, .. } = placed
            && *id == sum
        {
            *to = Some(kept);
        }
        if let Placed::Step { id, from, .. } = placed
            && matches!(code.step(*id).what, What::Store(_))
        {
            from[0] = kept;
        }
    }
    assert_eq!(check(&code, &order, &bad, target), Err(Fault::Lost(kept)));
    let mut bad = good;
    for placed in &mut bad.body {
        if let Placed::Step { id, to, .. } = placed
            && *id == load
        {
            *to = Some(Location::Vector(31));
        }
    }
    let fault = check(&code, &order, &bad, target);
    assert!(matches!(fault, Err(Fault::Place { location: Location::Vector(31), .. })), "{fault:?}");
}
