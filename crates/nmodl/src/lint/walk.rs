//! Every statement and expression below some statements.

use crate::syntax::{Expression, ExpressionKind, Statement};

/// Something that is visited, before what it consists of.
pub(super) enum Node<'a> {
    Statement(&'a Statement),
    Expression(&'a Expression),
    /// An expression that counts: a bound of a loop or the index of an array.
    Whole(&'a Expression),
}

pub(super) fn statements<'a>(list: &'a [Statement], visit: &mut dyn FnMut(Node<'a>)) {
    for statement in list {
        visit(Node::Statement(statement));
        match statement {
            Statement::Assign { target, value } | Statement::Differential { state: target, value } => {
                target.index.iter().for_each(|index| whole(index, visit));
                expression(value, visit);
            }
            Statement::If { condition, then, otherwise } => {
                expression(condition, visit);
                statements(then, visit);
                statements(otherwise, visit);
            }
            Statement::For { from, to, by, body, .. } => {
                [from, to].into_iter().chain(by).for_each(|bound| whole(bound, visit));
                statements(body, visit);
            }
            Statement::While { condition, body } => {
                expression(condition, visit);
                statements(body, visit);
            }
            Statement::Call { arguments, .. } => arguments.iter().for_each(|a| expression(a, visit)),
            Statement::Reaction { left, right, forward, backward } => {
                let indices = left.iter().chain(right).filter_map(|r| r.target.index.as_deref());
                indices.for_each(|index| whole(index, visit));
                [forward].into_iter().chain(backward).for_each(|rate| expression(rate, visit));
            }
            Statement::Flux { into, flux } => {
                into.iter().filter_map(|r| r.target.index.as_deref()).for_each(|index| whole(index, visit));
                expression(flux, visit);
            }
            Statement::Equation { left, right, .. } => {
                [left, right].into_iter().for_each(|e| expression(e, visit))
            }
            Statement::Conserve { sum, total, .. } => {
                sum.iter().filter_map(|r| r.target.index.as_deref()).for_each(|index| whole(index, visit));
                expression(total, visit);
            }
            Statement::Compartment { volume: value, .. }
            | Statement::LongitudinalDiffusion { coefficient: value, .. } => expression(value, visit),
            Statement::Watch(watched) => {
                watched.iter().flat_map(|w| [&w.condition, &w.flag]).for_each(|e| expression(e, visit));
            }
            Statement::NetInitial(body) | Statement::ForNetcons { body, .. } => statements(body, visit),
            Statement::Local(_)
            | Statement::Solve { .. }
            | Statement::Return(None)
            | Statement::Verbatim { meaning: None, .. } => {}
            Statement::Verbatim { meaning: Some(body), .. } => statements(body, visit),
            Statement::Return(Some(value)) => expression(value, visit),
        }
    }
}

pub(super) fn expression<'a>(root: &'a Expression, visit: &mut dyn FnMut(Node<'a>)) {
    visit(Node::Expression(root));
    match &root.kind {
        ExpressionKind::Element(_, index) => whole(index, visit),
        ExpressionKind::Negate(inner) | ExpressionKind::Not(inner) => expression(inner, visit),
        ExpressionKind::Binary(_, a, b) => [a, b].into_iter().for_each(|side| expression(side, visit)),
        ExpressionKind::Call(_, arguments) => arguments.iter().for_each(|a| expression(a, visit)),
        ExpressionKind::Number(..) | ExpressionKind::Text | ExpressionKind::Variable(_) => {}
    }
}

fn whole<'a>(root: &'a Expression, visit: &mut dyn FnMut(Node<'a>)) {
    visit(Node::Whole(root));
    expression(root, visit);
}
