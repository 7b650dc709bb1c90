//! What machine code calls for operations that have no instructions.

use apical_nmodl::ir::MOST_REPETITIONS;

use super::code::{Call, Called};
use super::target::Target;
use crate::interpreter::{binary_alone, unary_alone};
use crate::kernel::Kernel;

/// What calls need to know.
pub struct Context<'a> {
    pub kernel: &'a Kernel,
    pub calls: &'a [Call],
    pub target: Target,
}

/// The function called. Arguments and results lie one vector after the other; only the first `lanes` of each mean anything.
///
/// # Safety
/// `context` is a [`Context`], whose calls count more than `site`; at `area` lie as many vectors as the call has arguments, with
/// room for as many as it has results; `lanes` is not more than those of a vector.
pub unsafe extern "sysv64" fn call(context: *const Context<'_>, site: usize, area: *mut f64, lanes: usize) {
    // SAFETY: the caller's promise.
    let context = unsafe { &*context };
    let Call { called, arguments, results } = context.calls[site];
    let stride = context.target.lanes();
    let vectors = arguments.max(results) as usize;
    // SAFETY: the caller's promise; nothing else refers to the area while the call lasts.
    let area = unsafe { std::slice::from_raw_parts_mut(area, vectors * stride) };
    let mut values = Vec::new();
    for lane in 0..lanes.min(stride) {
        let at = |position: usize| area[position * stride + lane];
        match called {
            Called::Unary(what) => area[lane] = unary_alone(what, at(0)),
            Called::Binary(what) => area[lane] = binary_alone(what, at(0), at(1)),
            Called::Lookup(table) => area[lane] = context.kernel.tables[table as usize].at(at(0)),
            Called::Iterate(iteration) => {
                values.clear();
                values.extend((0..arguments as usize).map(at));
                let body = &context.kernel.iterations[iteration as usize].body;
                context.kernel.iterate(body, &mut values, &mut { MOST_REPETITIONS });
                for (position, &value) in values.iter().enumerate() {
                    area[position * stride + lane] = value;
                }
            }
        }
    }
}
