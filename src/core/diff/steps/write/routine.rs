//! Functions, procedures, aggregates.

use super::recreated_type;
use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Aggregate, Function, Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::{literal, qualified};
use crate::core::sql::lexer::{Lexer, TokenKind};

pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

/// CREATE OR REPLACE can change the body and add defaults. Names and modes of the arguments are part of the identity.
pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    let replaceable = match (context.old.objects.get(id), context.new.objects.get(id)) {
        (Some(Object::Function(old)), Some(Object::Function(new))) if old.definition != new.definition => {
            old.kind == new.kind && old.result == new.result && keeps_defaults(old, new)
        }
        (Some(Object::Aggregate(old)), Some(Object::Aggregate(new))) if old != new => {
            (&old.kind, &old.arguments, &old.result) == (&new.kind, &new.arguments, &new.result)
        }
        _ => return Alteration::None,
    };
    if replaceable { Alteration::InPlace { rebuilds_dependents: false } } else { Alteration::Recreate }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    write(context.new, id, "CREATE AGGREGATE")
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let kind = match id.kind {
        Kind::Procedure => "PROCEDURE",
        Kind::Aggregate => "AGGREGATE",
        _ => "FUNCTION",
    };
    // At this point recreated types have their temporary names.
    let arguments = recreated_type::use_temporary_names(context, &id.arguments);
    vec![format!("DROP {kind} {}", signature(&ObjectId { arguments, ..id.clone() })).into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    write(context.new, id, "CREATE OR REPLACE AGGREGATE")
}

/// The name and identity arguments, as in DROP, ALTER and COMMENT ON.
pub(super) fn signature(id: &ObjectId) -> String {
    let arguments = if id.kind == Kind::Aggregate && id.arguments.is_empty() { "*" } else { &id.arguments };
    format!("{}({arguments})", qualified(&id.schema, &id.name))
}

/// The name and arguments as in GRANT, which treats an aggregate like a plain function.
pub(super) fn plain_signature(id: &ObjectId) -> String {
    let arguments = match id.arguments.split_once("ORDER BY ").filter(|_| id.kind == Kind::Aggregate) {
        // The direct and the aggregated arguments are the same.
        Some((direct, _)) if direct.contains("VARIADIC ") => direct.trim_end().to_owned(),
        Some(("", ordered)) => ordered.to_owned(),
        Some((direct, ordered)) => format!("{}, {ordered}", direct.trim_end()),
        None => id.arguments.clone(),
    };
    format!("{}({arguments})", qualified(&id.schema, &id.name))
}

fn write(schema: &Schema, id: &ObjectId, verb: &str) -> Vec<NotedSql> {
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

/// Whether every argument that had a default still has one.
fn keeps_defaults(old: &Function, new: &Function) -> bool {
    let (had, has) = (defaults(&old.arguments), defaults(&new.arguments));
    had.iter().zip(&has).all(|(had, has)| *has || !had)
}

/// For each argument, whether it has a default.
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

/// The options of CREATE AGGREGATE that are not the defaults.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, sql};
    use crate::core::schema::FunctionKind;

    fn function(arguments: &str, result: Option<&str>, body: &str) -> Object {
        Object::Function(Function {
            kind: FunctionKind::Function,
            arguments: arguments.to_owned(),
            input_types: arguments.to_owned(),
            result: result.map(str::to_owned),
            language: "sql".to_owned(),
            definition: format!("CREATE OR REPLACE FUNCTION public.f({arguments}) {result:?} {body}\n"),
        })
    }

    fn aggregate(kind: &str, arguments: &str) -> Aggregate {
        Aggregate {
            kind: kind.to_owned(),
            arguments: arguments.to_owned(),
            input_types: arguments.to_owned(),
            result: "integer".to_owned(),
            transition: "public.step".to_owned(),
            state: "integer".to_owned(),
            state_space: 0,
            initial: None,
            final_function: None,
            final_extra: false,
            final_modify: if kind == "normal" { "read-only" } else { "read-write" }.to_owned(),
            combine: None,
            serialize: None,
            deserialize: None,
            moving_transition: None,
            moving_inverse: None,
            moving_state: None,
            moving_state_space: 0,
            moving_initial: None,
            moving_final: None,
            moving_final_extra: false,
            moving_final_modify: if kind == "normal" { "read-only" } else { "read-write" }.to_owned(),
            sort_operator: None,
            parallel: "unsafe".to_owned(),
        }
    }

    fn id(kind: Kind, arguments: &str) -> ObjectId {
        ObjectId::routine(kind, "public", "f", arguments)
    }

    #[test]
    fn a_function_is_replaced_in_place_if_postgresql_allows_it() {
        let in_place = Alteration::InPlace { rebuilds_dependents: false };
        let old = function("a integer DEFAULT 1, b text", Some("integer"), "1");
        for (new, expected) in [
            (old.clone(), Alteration::None),
            (function("a integer DEFAULT 1, b text", Some("integer"), "2"), in_place),
            (function("a integer DEFAULT 2, b text", Some("integer"), "1"), in_place),
            (function("a integer DEFAULT 1, b text DEFAULT 'x, y'::text", Some("integer"), "1"), in_place),
            (function("a integer, b text", Some("integer"), "1"), Alteration::Recreate),
            (function("a integer, b text DEFAULT 'x, y DEFAULT'::text", Some("integer"), "1"), Alteration::Recreate),
            (function("a integer DEFAULT 1, b text", Some("bigint"), "1"), Alteration::Recreate),
        ] {
            let pair = Pair::new(id(Kind::Function, "a integer, b text"), old.clone(), new);
            assert_eq!(alteration(&pair.context(), &pair.id), expected);
        }
        let pair = Pair::new(id(Kind::Function, "a integer"), None, function("a integer", None, "1"));
        assert_eq!(sql(create(&pair.context(), &pair.id)), ["CREATE OR REPLACE FUNCTION public.f(a integer) None 1"]);
    }

    #[test]
    fn only_top_level_commas_and_defaults_count() {
        for (arguments, expected) in [
            ("", vec![false]),
            ("a integer, b numeric DEFAULT round(1, 2), c text", vec![false, true, false]),
            ("a integer[] DEFAULT ARRAY[1, 2], \"DEFAULT\" text", vec![true, false]),
        ] {
            assert_eq!(defaults(arguments), expected);
        }
    }

    #[test]
    fn routines_have_the_syntax_of_each_statement() {
        for (kind, arguments, dropped, granted) in [
            (
                Kind::Function,
                "a integer, OUT b text",
                "FUNCTION public.f(a integer, OUT b text)",
                "(a integer, OUT b text)",
            ),
            (Kind::Procedure, "", "PROCEDURE public.f()", "()"),
            (Kind::Aggregate, "", "AGGREGATE public.f(*)", "()"),
            (Kind::Aggregate, "integer", "AGGREGATE public.f(integer)", "(integer)"),
            (Kind::Aggregate, "ORDER BY anyelement", "AGGREGATE public.f(ORDER BY anyelement)", "(anyelement)"),
            (
                Kind::Aggregate,
                "a real ORDER BY b text",
                "AGGREGATE public.f(a real ORDER BY b text)",
                "(a real, b text)",
            ),
            (
                Kind::Aggregate,
                "VARIADIC \"any\" ORDER BY VARIADIC \"any\"",
                "AGGREGATE public.f(VARIADIC \"any\" ORDER BY VARIADIC \"any\")",
                "(VARIADIC \"any\")",
            ),
        ] {
            let pair = Pair::new(id(kind, arguments), None, None);
            assert_eq!(sql(drop(&pair.context(), &pair.id)), [format!("DROP {dropped}")]);
            assert_eq!(plain_signature(&pair.id), format!("public.f{granted}"));
        }
    }

    #[test]
    fn an_aggregate_is_written_without_default_options() {
        let mut full = aggregate("normal", "integer");
        full.state_space = 8;
        full.initial = Some("0".to_owned());
        full.final_function = Some("public.finish".to_owned());
        full.final_extra = true;
        full.final_modify = "shareable".to_owned();
        full.combine = Some("public.join_up".to_owned());
        full.moving_transition = Some("public.step".to_owned());
        full.moving_inverse = Some("public.back".to_owned());
        full.moving_state = Some("integer".to_owned());
        full.sort_operator = Some("pg_catalog.<".to_owned());
        full.parallel = "safe".to_owned();
        for (one, expected) in [
            (
                full,
                "public.f(integer) (\n    SFUNC = public.step,\n    STYPE = integer,\n    SSPACE = 8,\n    \
                 FINALFUNC = public.finish,\n    FINALFUNC_EXTRA,\n    FINALFUNC_MODIFY = SHAREABLE,\n    \
                 COMBINEFUNC = public.join_up,\n    INITCOND = '0',\n    MSFUNC = public.step,\n    \
                 MINVFUNC = public.back,\n    MSTYPE = integer,\n    SORTOP = OPERATOR(pg_catalog.<),\n    \
                 PARALLEL = SAFE\n)",
            ),
            (aggregate("normal", ""), "public.f(*) (\n    SFUNC = public.step,\n    STYPE = integer\n)"),
            (
                aggregate("hypothetical", "a text ORDER BY b text"),
                "public.f(a text ORDER BY b text) (\n    SFUNC = public.step,\n    STYPE = integer,\n    HYPOTHETICAL\n)",
            ),
        ] {
            let object = Object::Aggregate(Box::new(one));
            let pair = Pair::new(id(Kind::Aggregate, ""), None, Some(object));
            assert_eq!(sql(create(&pair.context(), &pair.id)), [format!("CREATE AGGREGATE {expected}")]);
        }
    }

    #[test]
    fn an_aggregate_is_replaced_in_place_if_its_result_stays() {
        let old = aggregate("normal", "integer");
        let (mut other, mut result) = (old.clone(), old.clone());
        other.initial = Some("1".to_owned());
        result.result = "bigint".to_owned();
        let object = |one: Aggregate| Some(Object::Aggregate(Box::new(one)));
        for (new, expected) in
            [(other, Alteration::InPlace { rebuilds_dependents: false }), (result, Alteration::Recreate)]
        {
            let pair = Pair::new(id(Kind::Aggregate, "integer"), object(old.clone()), object(new));
            assert_eq!(alteration(&pair.context(), &pair.id), expected);
            assert!(
                sql(alter(&pair.context(), &pair.id))[0].starts_with("CREATE OR REPLACE AGGREGATE public.f(integer)")
            );
        }
    }
}
