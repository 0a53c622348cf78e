//! Triggers, rules, policies, extended statistics.

use super::super::context::{Context, Verdict, Written};
use crate::core::schema::{Kind, Object, ObjectId, Policy};
use crate::core::sql::identifier::{qualified, quote};
use crate::core::sql::lexer::{Lexer, TokenKind};

const IN_PLACE: Verdict = Verdict::Alter { disturbs: false };

pub(super) fn verdict(context: &Context, id: &ObjectId) -> Verdict {
    match (context.old.objects.get(id), context.new.objects.get(id)) {
        (old, new) if old == new => Verdict::Same,
        // What only follows from the partitioned table's trigger is no object of its own.
        (Some(Object::Trigger(old)), Some(Object::Trigger(new))) if old.inherited && new.inherited => Verdict::Same,
        (Some(Object::Trigger(old)), Some(Object::Trigger(new)))
            if (&old.definition, old.inherited) == (&new.definition, new.inherited) =>
        {
            IN_PLACE
        }
        (Some(Object::Rule(_)), Some(Object::Rule(_))) => IN_PLACE,
        (Some(Object::Policy(old)), Some(Object::Policy(new))) if is_alterable(old, new) => IN_PLACE,
        (Some(Object::Statistics(old)), Some(Object::Statistics(new))) if old.definition == new.definition => IN_PLACE,
        _ => Verdict::Replace,
    }
}

pub(super) fn create(context: &Context, id: &ObjectId) -> Vec<Written> {
    let statements = match context.new.objects.get(id) {
        Some(Object::Trigger(trigger)) if !trigger.inherited => {
            let switch = (trigger.enabled != "origin").then(|| switch(id, &trigger.enabled));
            [Some(trigger.definition.clone()), switch].into_iter().flatten().collect()
        }
        Some(Object::Rule(rule)) => {
            let switch = (rule.enabled != "origin").then(|| switch(id, &rule.enabled));
            [Some(bare(&rule.definition).to_owned()), switch].into_iter().flatten().collect()
        }
        Some(Object::Policy(policy)) => vec![create_policy(id, policy)],
        Some(Object::Statistics(statistics)) => {
            let target = statistics.target.map(|target| set_target(id, target));
            [Some(statistics.definition.clone()), target].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    };
    statements.into_iter().map(Written::from).collect()
}

pub(super) fn drop(context: &Context, id: &ObjectId) -> Vec<Written> {
    if matches!(context.old.objects.get(id), Some(Object::Trigger(trigger)) if trigger.inherited) {
        return Vec::new();
    }
    let (name, table) = (quote(&id.name), qualified(&id.schema, &id.of));
    let sql = match id.kind {
        Kind::Trigger => format!("DROP TRIGGER {name} ON {table}"),
        Kind::Rule => format!("DROP RULE {name} ON {table}"),
        Kind::Policy => format!("DROP POLICY {name} ON {table}"),
        _ => format!("DROP STATISTICS {}", qualified(&id.schema, &id.name)),
    };
    vec![sql.into()]
}

pub(super) fn alter(context: &Context, id: &ObjectId) -> Vec<Written> {
    let statements = match (context.old.objects.get(id), context.new.objects.get(id)) {
        (Some(Object::Trigger(old)), Some(Object::Trigger(new))) => {
            (old.enabled != new.enabled).then(|| switch(id, &new.enabled)).into_iter().collect()
        }
        (Some(Object::Rule(old)), Some(Object::Rule(new))) => {
            let replace = bare(&new.definition).replacen("CREATE RULE", "CREATE OR REPLACE RULE", 1);
            let replace = (old.definition != new.definition).then_some(replace);
            let switch = (old.enabled != new.enabled).then(|| switch(id, &new.enabled));
            [replace, switch].into_iter().flatten().collect()
        }
        (Some(Object::Policy(old)), Some(Object::Policy(new))) => vec![alter_policy(id, old, new)],
        (Some(Object::Statistics(_)), Some(Object::Statistics(new))) => vec![set_target(id, new.target.unwrap_or(-1))],
        _ => Vec::new(),
    };
    statements.into_iter().map(Written::from).collect()
}

/// The state of a trigger, event trigger or rule as ALTER takes it.
pub(super) fn state(enabled: &str) -> &'static str {
    match enabled {
        "disabled" => "DISABLE",
        "replica" => "ENABLE REPLICA",
        "always" => "ENABLE ALWAYS",
        _ => "ENABLE",
    }
}

fn switch(id: &ObjectId, enabled: &str) -> String {
    let what = if id.kind == Kind::Rule { "RULE" } else { "TRIGGER" };
    let table = qualified(&id.schema, &id.of);
    format!("ALTER TABLE {table} {} {what} {}", state(enabled), quote(&id.name))
}

/// A definition without its semicolon.
fn bare(definition: &str) -> &str {
    definition.trim_end().trim_end_matches(';').trim_end()
}

fn set_target(id: &ObjectId, target: i32) -> String {
    format!("ALTER STATISTICS {} SET STATISTICS {target}", qualified(&id.schema, &id.name))
}

/// ALTER POLICY can set an expression, and cannot take one away.
fn is_alterable(old: &Policy, new: &Policy) -> bool {
    let stays = |old: &Option<String>, new: &Option<String>| old.is_none() || new.is_some();
    (old.permissive, &old.command) == (new.permissive, &new.command)
        && stays(&old.using_expression, &new.using_expression)
        && stays(&old.check_expression, &new.check_expression)
}

fn create_policy(id: &ObjectId, policy: &Policy) -> String {
    let mut sql = format!("CREATE POLICY {} ON {}", quote(&id.name), qualified(&id.schema, &id.of));
    if !policy.permissive {
        sql.push_str(" AS RESTRICTIVE");
    }
    if policy.command != "ALL" {
        sql.push_str(&format!(" FOR {}", policy.command));
    }
    if policy.roles != ["public"] {
        sql.push_str(&format!(" TO {}", roles(policy)));
    }
    sql + &expressions(policy.using_expression.as_deref(), policy.check_expression.as_deref())
}

fn alter_policy(id: &ObjectId, old: &Policy, new: &Policy) -> String {
    let mut sql = format!("ALTER POLICY {} ON {}", quote(&id.name), qualified(&id.schema, &id.of));
    if old.roles != new.roles {
        sql.push_str(&format!(" TO {}", roles(new)));
    }
    let changed = |old: &Option<String>, new: &Option<String>| new.clone().filter(|_| old != new);
    let using = changed(&old.using_expression, &new.using_expression);
    let check = changed(&old.check_expression, &new.check_expression);
    sql + &expressions(using.as_deref(), check.as_deref())
}

fn roles(policy: &Policy) -> String {
    policy.roles.iter().map(|role| grantee(role)).collect::<Vec<_>>().join(", ")
}

/// A role, or everyone.
pub(super) fn grantee(role: &str) -> String {
    if role == "public" { "PUBLIC".to_owned() } else { quote(role) }
}

fn expressions(using: Option<&str>, check: Option<&str>) -> String {
    let using = using.map(|expression| format!("\n    USING {}", enclosed(expression)));
    let check = check.map(|expression| format!("\n    WITH CHECK {}", enclosed(expression)));
    [using, check].into_iter().flatten().collect()
}

/// An expression within parentheses, its own where they enclose the whole of it.
fn enclosed(expression: &str) -> String {
    let mut lexer = Lexer::new(expression);
    let (mut depth, mut closed_at) = (0_usize, None);
    while let Ok(Some(token)) = lexer.next_token() {
        match token.kind {
            TokenKind::OpenParenthesis => depth += 1,
            TokenKind::CloseParenthesis => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && closed_at.is_none() {
            closed_at = Some(token.end);
        }
    }
    let is_enclosed = expression.starts_with('(') && closed_at == Some(expression.len());
    if is_enclosed { expression.to_owned() } else { format!("({expression})") }
}
