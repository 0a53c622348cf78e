//! Functions, procedures, aggregates.

use super::super::context::{Context, Verdict, Written};
use crate::core::schema::{Aggregate, Function, Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::{literal, qualified};
use crate::core::sql::lexer::{Lexer, TokenKind};

/// What CREATE OR REPLACE can do is an Alter. Names and modes of arguments are in the identity already.
pub(super) fn verdict(context: &Context, id: &ObjectId) -> Verdict {
    let replaceable = match (context.old.objects.get(id), context.new.objects.get(id)) {
        (Some(Object::Function(old)), Some(Object::Function(new))) if old.definition != new.definition => {
            old.kind == new.kind && old.result == new.result && keeps_defaults(old, new)
        }
        (Some(Object::Aggregate(old)), Some(Object::Aggregate(new))) if old != new => {
            (&old.kind, &old.arguments, &old.result) == (&new.kind, &new.arguments, &new.result)
        }
        _ => return Verdict::Same,
    };
    if replaceable { Verdict::Alter { disturbs: false } } else { Verdict::Replace }
}

pub(super) fn create(context: &Context, id: &ObjectId) -> Vec<Written> {
    write(context.new, id, "CREATE AGGREGATE")
}

pub(super) fn drop(_: &Context, id: &ObjectId) -> Vec<Written> {
    let kind = match id.kind {
        Kind::Procedure => "PROCEDURE",
        Kind::Aggregate => "AGGREGATE",
        _ => "FUNCTION",
    };
    vec![format!("DROP {kind} {}", signature(id)).into()]
}

pub(super) fn alter(context: &Context, id: &ObjectId) -> Vec<Written> {
    write(context.new, id, "CREATE OR REPLACE AGGREGATE")
}

/// The name and identity arguments, as DROP, ALTER and COMMENT ON take them.
pub(super) fn signature(id: &ObjectId) -> String {
    let arguments = if id.kind == Kind::Aggregate && id.arguments.is_empty() { "*" } else { &id.arguments };
    format!("{}({arguments})", qualified(&id.schema, &id.name))
}

/// The same as GRANT takes it: an aggregate as if it were a plain function.
pub(super) fn plain_signature(id: &ObjectId) -> String {
    let arguments = match id.arguments.split_once("ORDER BY ").filter(|_| id.kind == Kind::Aggregate) {
        // A variadic one takes direct and aggregated arguments alike.
        Some((direct, _)) if direct.contains("VARIADIC ") => direct.trim_end().to_owned(),
        Some(("", ordered)) => ordered.to_owned(),
        Some((direct, ordered)) => format!("{}, {ordered}", direct.trim_end()),
        None => id.arguments.clone(),
    };
    format!("{}({arguments})", qualified(&id.schema, &id.name))
}

fn write(schema: &Schema, id: &ObjectId, verb: &str) -> Vec<Written> {
    match schema.objects.get(id) {
        Some(Object::Function(function)) => vec![function.definition.trim_end().to_owned().into()],
        Some(Object::Aggregate(aggregate)) => {
            let arguments = if aggregate.arguments.is_empty() { "*" } else { &aggregate.arguments };
            let name = qualified(&id.schema, &id.name);
            let options = options(aggregate).join(",\n    ");
            vec![format!("{verb} {name}({arguments}) (\n    {options}\n)").into()]
        }
        _ => Vec::new(),
    }
}

/// Whether every argument that had a default has one still.
fn keeps_defaults(old: &Function, new: &Function) -> bool {
    let (had, has) = (defaults(&old.arguments), defaults(&new.arguments));
    had.iter().zip(&has).all(|(had, has)| *has || !had)
}

/// For each argument whether it has a default.
fn defaults(arguments: &str) -> Vec<bool> {
    let mut lexer = Lexer::new(arguments);
    let (mut found, mut depth) = (vec![false], 0_usize);
    while let Ok(Some(token)) = lexer.next_token() {
        let text = token.text(arguments);
        match token.kind {
            TokenKind::OpenParenthesis => depth += 1,
            TokenKind::CloseParenthesis => depth = depth.saturating_sub(1),
            TokenKind::Other if text == "[" => depth += 1,
            TokenKind::Other if text == "]" => depth = depth.saturating_sub(1),
            TokenKind::Other if text == "," && depth == 0 => found.push(false),
            TokenKind::Word if depth == 0 && text == "DEFAULT" => {
                if let Some(last) = found.last_mut() {
                    *last = true;
                }
            }
            _ => {}
        }
    }
    found
}

/// The options of CREATE AGGREGATE that are not what they are by themselves.
fn options(aggregate: &Aggregate) -> Vec<String> {
    let one = aggregate;
    let mut options = vec![format!("SFUNC = {}", one.transition), format!("STYPE = {}", one.state)];
    let usual = if one.kind == "normal" { "read-only" } else { "read-write" };
    let mut push = |name: &str, value: Option<String>| {
        options.extend(value.map(|value| if value.is_empty() { name.to_owned() } else { format!("{name} = {value}") }));
    };
    let space = |space: i32| (space != 0).then(|| space.to_string());
    let flag = |is_set: bool| is_set.then(String::new);
    let modify = |word: &str| (word != usual).then(|| word.to_uppercase().replace('-', "_"));
    push("SSPACE", space(one.state_space));
    push("FINALFUNC", one.final_function.clone());
    push("FINALFUNC_EXTRA", flag(one.final_extra));
    push("FINALFUNC_MODIFY", modify(&one.final_modify));
    push("COMBINEFUNC", one.combine.clone());
    push("SERIALFUNC", one.serialize.clone());
    push("DESERIALFUNC", one.deserialize.clone());
    push("INITCOND", one.initial.as_deref().map(literal));
    if one.moving_state.is_some() {
        push("MSFUNC", one.moving_transition.clone());
        push("MINVFUNC", one.moving_inverse.clone());
        push("MSTYPE", one.moving_state.clone());
        push("MSSPACE", space(one.moving_state_space));
        push("MFINALFUNC", one.moving_final.clone());
        push("MFINALFUNC_EXTRA", flag(one.moving_final_extra));
        push("MFINALFUNC_MODIFY", modify(&one.moving_final_modify));
        push("MINITCOND", one.moving_initial.as_deref().map(literal));
    }
    push("SORTOP", one.sort_operator.as_ref().map(|operator| format!("OPERATOR({operator})")));
    push("PARALLEL", (one.parallel != "unsafe").then(|| one.parallel.to_uppercase()));
    push("HYPOTHETICAL", flag(one.kind == "hypothetical"));
    options
}
