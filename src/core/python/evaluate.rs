//! The values of expressions that can be read without running Python.

use std::cell::Cell;

use ruff_python_ast::{self as ast, BoolOp, CmpOp, Expr, Operator, UnaryOp};
use ruff_text_size::Ranged;

use super::methods::{call_builtin, call_method};
use super::nesting::find_deep_nesting;
use super::{Value, format_percent};

/// How deep an expression may be.
const MAX_DEPTH: usize = 100;
/// How large a value may be; see [`Value::weight`]. Code such as `x += x` can make very large values.
const MAX_WEIGHT: usize = 100_000;

/// An expression that cannot be read. The offset is in bytes from the start of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub offset: usize,
    pub end: usize,
}

/// What the names of an expression refer to.
pub trait Names {
    /// The value of a name or of a dotted name such as `constants.FIRST`.
    fn value(&self, dotted: &str) -> Option<Value>;

    /// The result of a call, for example of `os.getenv`. The name of a subscript is `os.environ[]`.
    fn call(&self, _dotted: &str, _arguments: &[Value]) -> Option<Value> {
        None
    }
}

/// Evaluates an expression.
///
/// # Errors
/// The innermost part that cannot be read.
pub fn evaluate(expression: &Expr, names: &dyn Names) -> Result<Value, Unreadable> {
    Evaluator { names, depth: Cell::new(0) }.evaluate(expression)
}

/// Evaluates the text of one expression.
///
/// # Errors
/// If the text is not an expression, or a part of it cannot be read.
pub fn evaluate_text(text: &str, names: &dyn Names) -> Result<Value, Unreadable> {
    let parsed = ruff_python_parser::parse_expression(text).map_err(|error| Unreadable {
        offset: error.location.start().to_usize(),
        end: error.location.end().to_usize(),
    })?;
    if let Some(offset) = find_deep_nesting(parsed.tokens()) {
        // Freeing a deeply nested expression would need a large stack.
        std::mem::forget(parsed);
        return Err(Unreadable { offset, end: text.len() });
    }
    evaluate(parsed.expr(), names)
}

/// The names, and how deep the evaluation is.
struct Evaluator<'a> {
    names: &'a dyn Names,
    depth: Cell<usize>,
}

impl Evaluator<'_> {
    fn evaluate(&self, expression: &Expr) -> Result<Value, Unreadable> {
        if self.depth.get() >= MAX_DEPTH {
            return Err(unreadable(expression));
        }
        self.depth.set(self.depth.get() + 1);
        let value = evaluate_inside(expression, self);
        self.depth.set(self.depth.get() - 1);
        match value {
            Ok(value) if value.weight() > MAX_WEIGHT => Err(unreadable(expression)),
            result => result,
        }
    }
}

fn evaluate_inside(expression: &Expr, names: &Evaluator<'_>) -> Result<Value, Unreadable> {
    let unreadable = || unreadable(expression);
    match expression {
        Expr::NoneLiteral(_) => Ok(Value::None),
        Expr::BooleanLiteral(literal) => Ok(Value::Boolean(literal.value)),
        Expr::NumberLiteral(literal) => match &literal.value {
            ast::Number::Int(number) => number.as_i64().map(Value::Integer).ok_or_else(unreadable),
            _ => Err(unreadable()),
        },
        Expr::StringLiteral(literal) => Ok(Value::Text(literal.value.to_str().to_owned())),
        Expr::FString(string) => interpolate(string, names),
        Expr::List(list) => items(&list.elts, names).map(Value::List),
        Expr::Set(set) => items(&set.elts, names).map(Value::List),
        Expr::Tuple(tuple) => items(&tuple.elts, names).map(Value::Tuple),
        Expr::Dict(dictionary) => evaluate_dictionary(dictionary, names),
        Expr::Name(_) | Expr::Attribute(_) => evaluate_name(expression, names),
        Expr::If(condition) => {
            let chosen = if names.evaluate(&condition.test)?.is_true() { &condition.body } else { &condition.orelse };
            names.evaluate(chosen)
        }
        Expr::BoolOp(operation) => evaluate_boolean(operation, names),
        Expr::UnaryOp(operation) => match (operation.op, names.evaluate(&operation.operand)?) {
            (UnaryOp::Not, value) => Ok(Value::Boolean(!value.is_true())),
            (UnaryOp::USub, Value::Integer(number)) => number.checked_neg().map(Value::Integer).ok_or_else(unreadable),
            _ => Err(unreadable()),
        },
        Expr::BinOp(operation) => {
            let (left, right) = (names.evaluate(&operation.left)?, names.evaluate(&operation.right)?);
            combine(operation.op, left, right).ok_or_else(unreadable)
        }
        Expr::Compare(comparison) => evaluate_comparison(comparison, names),
        Expr::Subscript(subscript) => evaluate_subscript(subscript, names).ok_or_else(unreadable),
        Expr::Call(call) => evaluate_call(call, names),
        Expr::Named(assignment) => names.evaluate(&assignment.value),
        _ => Err(unreadable()),
    }
}

/// The dotted name of a name or attribute.
pub(super) fn dotted_name(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(format!("{}.{}", dotted_name(&attribute.value)?, attribute.attr)),
        _ => None,
    }
}

pub(super) fn unreadable(expression: &Expr) -> Unreadable {
    let range = expression.range();
    Unreadable { offset: range.start().to_usize(), end: range.end().to_usize() }
}

fn evaluate_name(expression: &Expr, names: &Evaluator<'_>) -> Result<Value, Unreadable> {
    if let Some(value) = dotted_name(expression).and_then(|dotted| names.names.value(&dotted)) {
        return Ok(value);
    }
    if let Expr::Attribute(attribute) = expression
        && let Value::Date(date) = names.evaluate(&attribute.value)?
        && let Some(number) = super::methods::date_part(date, attribute.attr.as_str())
    {
        return Ok(number);
    }
    Err(unreadable(expression))
}

fn items(elements: &[Expr], names: &Evaluator<'_>) -> Result<Vec<Value>, Unreadable> {
    let mut values = Vec::with_capacity(elements.len());
    for element in elements {
        match element {
            Expr::Starred(starred) => {
                let value = names.evaluate(&starred.value)?;
                values.extend(value.items().ok_or_else(|| unreadable(element))?.iter().cloned());
            }
            _ => values.push(names.evaluate(element)?),
        }
    }
    Ok(values)
}

fn evaluate_dictionary(dictionary: &ast::ExprDict, names: &Evaluator<'_>) -> Result<Value, Unreadable> {
    let pair = |item: &ast::DictItem| {
        let key = item.key.as_ref().ok_or_else(|| unreadable(&item.value))?;
        Ok((names.evaluate(key)?, names.evaluate(&item.value)?))
    };
    dictionary.items.iter().map(pair).collect::<Result<_, _>>().map(Value::Dictionary)
}

/// An f-string. A format specification cannot be read.
fn interpolate(string: &ast::ExprFString, names: &Evaluator<'_>) -> Result<Value, Unreadable> {
    let mut text = String::new();
    for part in &string.value {
        match part {
            ast::FStringPart::Literal(literal) => text.push_str(literal.as_str()),
            ast::FStringPart::FString(inner) => {
                for element in &inner.elements {
                    match element {
                        ast::InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                        ast::InterpolatedStringElement::Interpolation(element) if element.format_spec.is_none() => {
                            let value = names.evaluate(&element.expression)?;
                            text.push_str(&match element.conversion {
                                ast::ConversionFlag::Repr => value.to_repr(),
                                _ => value.to_text(),
                            });
                        }
                        ast::InterpolatedStringElement::Interpolation(element) => {
                            return Err(unreadable(&element.expression));
                        }
                    }
                }
            }
        }
    }
    Ok(Value::Text(text))
}

fn evaluate_boolean(operation: &ast::ExprBoolOp, names: &Evaluator<'_>) -> Result<Value, Unreadable> {
    let mut last = Value::None;
    for operand in &operation.values {
        last = names.evaluate(operand)?;
        if last.is_true() == (operation.op == BoolOp::Or) {
            break;
        }
    }
    Ok(last)
}

fn combine(operator: Operator, left: Value, right: Value) -> Option<Value> {
    match (operator, left, right) {
        (Operator::Add, Value::Text(left), Value::Text(right)) => Some(Value::Text(left + &right)),
        (Operator::Add, Value::Integer(left), Value::Integer(right)) => left.checked_add(right).map(Value::Integer),
        (Operator::Add, Value::List(left), Value::List(right)) => Some(Value::List([left, right].concat())),
        (Operator::Add, Value::Tuple(left), Value::Tuple(right)) => Some(Value::Tuple([left, right].concat())),
        (Operator::Sub, Value::Integer(left), Value::Integer(right)) => left.checked_sub(right).map(Value::Integer),
        (Operator::Mod, Value::Text(template), right) => {
            let mut positional = match right.clone() {
                Value::Tuple(items) => items.into_iter(),
                other => vec![other].into_iter(),
            };
            let value = |name: Option<&str>| match (name, &right) {
                (Some(name), Value::Dictionary(items)) => {
                    items.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value.clone())
                }
                (Some(_), _) => None,
                (None, _) => positional.next(),
            };
            format_percent(&template, value).ok().map(Value::Text)
        }
        _ => None,
    }
}

fn evaluate_comparison(comparison: &ast::ExprCompare, names: &Evaluator<'_>) -> Result<Value, Unreadable> {
    let mut left = names.evaluate(&comparison.left)?;
    for (operator, right) in comparison.ops.iter().zip(&comparison.comparators) {
        let value = names.evaluate(right)?;
        let holds = compare(*operator, &left, &value).ok_or_else(|| unreadable(right))?;
        if !holds {
            return Ok(Value::Boolean(false));
        }
        left = value;
    }
    Ok(Value::Boolean(true))
}

fn compare(operator: CmpOp, left: &Value, right: &Value) -> Option<bool> {
    let contains = || match right {
        Value::Text(text) => left.as_text().map(|part| text.contains(part)),
        Value::Dictionary(items) => Some(items.iter().any(|(key, _)| key == left)),
        _ => right.items().map(|items| items.contains(left)),
    };
    let order = || match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => None,
    };
    match operator {
        CmpOp::Eq | CmpOp::Is => Some(left == right),
        CmpOp::NotEq | CmpOp::IsNot => Some(left != right),
        CmpOp::In => contains(),
        CmpOp::NotIn => contains().map(|holds| !holds),
        CmpOp::Lt => order().map(std::cmp::Ordering::is_lt),
        CmpOp::LtE => order().map(std::cmp::Ordering::is_le),
        CmpOp::Gt => order().map(std::cmp::Ordering::is_gt),
        CmpOp::GtE => order().map(std::cmp::Ordering::is_ge),
    }
}

fn evaluate_subscript(subscript: &ast::ExprSubscript, names: &Evaluator<'_>) -> Option<Value> {
    let key = names.evaluate(&subscript.slice).ok()?;
    if let Some(dotted) = dotted_name(&subscript.value)
        && let Some(value) = names.names.call(&format!("{dotted}[]"), std::slice::from_ref(&key))
    {
        return Some(value);
    }
    match (names.evaluate(&subscript.value).ok()?, key) {
        (Value::Dictionary(items), key) => items.into_iter().find(|(known, _)| *known == key).map(|(_, value)| value),
        (Value::List(items) | Value::Tuple(items), Value::Integer(index)) => {
            let index = if index < 0 { index + i64::try_from(items.len()).ok()? } else { index };
            items.into_iter().nth(usize::try_from(index).ok()?)
        }
        _ => None,
    }
}

fn evaluate_call(call: &ast::ExprCall, names: &Evaluator<'_>) -> Result<Value, Unreadable> {
    let failed = || Unreadable { offset: call.range().start().to_usize(), end: call.range().end().to_usize() };
    if call.arguments.keywords.iter().any(|keyword| keyword.arg.as_deref() != Some("default")) {
        return Err(failed());
    }
    let mut arguments = items(&call.arguments.args, names)?;
    for keyword in &call.arguments.keywords {
        arguments.push(names.evaluate(&keyword.value)?);
    }
    let dotted = dotted_name(&call.func);
    if let Some(value) = dotted.as_deref().and_then(|dotted| names.names.call(dotted, &arguments)) {
        return Ok(value);
    }
    match &*call.func {
        Expr::Name(name) => call_builtin(name.id.as_str(), &arguments).ok_or_else(failed),
        Expr::Attribute(attribute) => {
            let value = names.evaluate(&attribute.value).map_err(|_| failed())?;
            call_method(&value, attribute.attr.as_str(), &arguments).ok_or_else(failed)
        }
        _ => Err(failed()),
    }
}
