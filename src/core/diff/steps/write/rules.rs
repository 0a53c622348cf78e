//! Triggers, rules, policies, extended statistics.

use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Kind, Object, ObjectId, Policy};
use crate::core::sql::identifier::{qualified, quote};
use crate::core::sql::lexer::{Lexer, TokenKind};

const IN_PLACE: Alteration = Alteration::InPlace { rebuilds_dependents: false };
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    match (context.old.objects.get(id), context.new.objects.get(id)) {
        (old, new) if old == new => Alteration::None,
        // PostgreSQL derives these triggers from the partitioned table's trigger.
        (Some(Object::Trigger(old)), Some(Object::Trigger(new))) if old.inherited && new.inherited => Alteration::None,
        (Some(Object::Trigger(old)), Some(Object::Trigger(new)))
            if (&old.definition, old.inherited) == (&new.definition, new.inherited) =>
        {
            IN_PLACE
        }
        (Some(Object::Rule(_)), Some(Object::Rule(_))) => IN_PLACE,
        (Some(Object::Policy(old)), Some(Object::Policy(new))) if is_alterable(old, new) => IN_PLACE,
        (Some(Object::Statistics(old)), Some(Object::Statistics(new))) if old.definition == new.definition => IN_PLACE,
        _ => Alteration::Recreate,
    }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let statements = match context.new.objects.get(id) {
        Some(Object::Trigger(trigger)) if !trigger.inherited => {
            let set_enabled = (trigger.enabled != "origin").then(|| set_enabled(id, &trigger.enabled));
            [Some(trigger.definition.clone()), set_enabled].into_iter().flatten().collect()
        }
        Some(Object::Rule(rule)) => {
            let set_enabled = (rule.enabled != "origin").then(|| set_enabled(id, &rule.enabled));
            [Some(without_semicolon(&rule.definition).to_owned()), set_enabled].into_iter().flatten().collect()
        }
        Some(Object::Policy(policy)) => vec![create_policy(id, policy)],
        Some(Object::Statistics(statistics)) => {
            let target = statistics.target.map(|target| set_target(id, target));
            [Some(statistics.definition.clone()), target].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    };
    statements.into_iter().map(NotedSql::from).collect()
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
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

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let statements = match (context.old.objects.get(id), context.new.objects.get(id)) {
        (Some(Object::Trigger(old)), Some(Object::Trigger(new))) => {
            (old.enabled != new.enabled).then(|| set_enabled(id, &new.enabled)).into_iter().collect()
        }
        (Some(Object::Rule(old)), Some(Object::Rule(new))) => {
            let replace = without_semicolon(&new.definition).replacen("CREATE RULE", "CREATE OR REPLACE RULE", 1);
            let replace = (old.definition != new.definition).then_some(replace);
            let set_enabled = (old.enabled != new.enabled).then(|| set_enabled(id, &new.enabled));
            [replace, set_enabled].into_iter().flatten().collect()
        }
        (Some(Object::Policy(old)), Some(Object::Policy(new))) => vec![alter_policy(id, old, new)],
        (Some(Object::Statistics(_)), Some(Object::Statistics(new))) => vec![set_target(id, new.target.unwrap_or(-1))],
        _ => Vec::new(),
    };
    statements.into_iter().map(NotedSql::from).collect()
}

/// The action of ALTER that enables or disables a trigger, event trigger or rule.
pub(super) fn enable_clause(enabled: &str) -> &'static str {
    match enabled {
        "disabled" => "DISABLE",
        "replica" => "ENABLE REPLICA",
        "always" => "ENABLE ALWAYS",
        _ => "ENABLE",
    }
}

fn set_enabled(id: &ObjectId, enabled: &str) -> String {
    let what = if id.kind == Kind::Rule { "RULE" } else { "TRIGGER" };
    let table = qualified(&id.schema, &id.of);
    format!("ALTER TABLE {table} {} {what} {}", enable_clause(enabled), quote(&id.name))
}

/// A definition without its semicolon.
fn without_semicolon(definition: &str) -> &str {
    definition.trim_end().trim_end_matches(';').trim_end()
}

fn set_target(id: &ObjectId, target: i32) -> String {
    format!("ALTER STATISTICS {} SET STATISTICS {target}", qualified(&id.schema, &id.name))
}

/// ALTER POLICY can set an expression but cannot remove one.
fn is_alterable(old: &Policy, new: &Policy) -> bool {
    let stays = |old: &Option<String>, new: &Option<String>| old.is_none() || new.is_some();
    (old.permissive, &old.command) == (new.permissive, &new.command)
        && stays(&old.using_expression, &new.using_expression)
        && stays(&old.check_expression, &new.check_expression)
}

fn create_policy(id: &ObjectId, policy: &Policy) -> String {
    let restrictive = if policy.permissive { "" } else { " AS RESTRICTIVE" };
    let command = if policy.command == "ALL" { String::new() } else { format!(" FOR {}", policy.command) };
    let roles = if policy.roles == ["public"] { String::new() } else { format!(" TO {}", roles(policy)) };
    let expressions = expressions(policy.using_expression.as_deref(), policy.check_expression.as_deref());
    let (name, table) = (quote(&id.name), qualified(&id.schema, &id.of));
    format!("CREATE POLICY {name} ON {table}{restrictive}{command}{roles}{expressions}")
}

fn alter_policy(id: &ObjectId, old: &Policy, new: &Policy) -> String {
    let roles = if old.roles == new.roles { String::new() } else { format!(" TO {}", roles(new)) };
    let changed = |old: &Option<String>, new: &Option<String>| new.clone().filter(|_| old != new);
    let using = changed(&old.using_expression, &new.using_expression);
    let check = changed(&old.check_expression, &new.check_expression);
    let expressions = expressions(using.as_deref(), check.as_deref());
    format!("ALTER POLICY {} ON {}{roles}{expressions}", quote(&id.name), qualified(&id.schema, &id.of))
}

fn roles(policy: &Policy) -> String {
    policy.roles.iter().map(|role| grantee(role)).collect::<Vec<_>>().join(", ")
}

/// A role name, or PUBLIC.
pub(super) fn grantee(role: &str) -> String {
    if role == "public" { "PUBLIC".to_owned() } else { quote(role) }
}

fn expressions(using: Option<&str>, check: Option<&str>) -> String {
    let using = using.map(|expression| format!("\n    USING {}", in_parentheses(expression)));
    let check = check.map(|expression| format!("\n    WITH CHECK {}", in_parentheses(expression)));
    [using, check].into_iter().flatten().collect()
}

/// The expression in parentheses. Nothing is added if one pair already encloses all of it.
fn in_parentheses(expression: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, sql, texts};
    use crate::core::schema::{Rule, Statistics, Trigger};

    fn trigger(definition: &str, enabled: &str, inherited: bool) -> Object {
        let (definition, enabled) = (definition.to_owned(), enabled.to_owned());
        Object::Trigger(Trigger { definition, enabled, inherited })
    }

    fn policy(command: &str, roles: &[&str], using: Option<&str>, check: Option<&str>) -> Object {
        Object::Policy(Policy {
            permissive: command != "DELETE",
            command: command.to_owned(),
            roles: texts(roles),
            using_expression: using.map(str::to_owned),
            check_expression: check.map(str::to_owned),
        })
    }

    fn pair(kind: Kind, old: impl Into<Option<Object>>, new: impl Into<Option<Object>>) -> Pair {
        Pair::new(ObjectId::on(kind, "public", "t", "r"), old, new)
    }

    #[test]
    fn triggers_are_recreated_or_enabled() {
        let one = "CREATE TRIGGER r …";
        for (old, new, expected, statements) in [
            (trigger(one, "origin", false), trigger(one, "disabled", false), IN_PLACE, vec!["DISABLE TRIGGER r"]),
            (trigger(one, "always", false), trigger(one, "origin", false), IN_PLACE, vec!["ENABLE TRIGGER r"]),
            (trigger(one, "origin", false), trigger("other", "origin", false), Alteration::Recreate, vec![]),
            (trigger(one, "origin", true), trigger("other", "replica", true), Alteration::None, vec![]),
            (trigger(one, "origin", true), trigger(one, "origin", false), Alteration::Recreate, vec![]),
        ] {
            let pair = pair(Kind::Trigger, old, new);
            assert_eq!(alteration(&pair.context(), &pair.id), expected);
            if expected == IN_PLACE {
                let statements: Vec<String> =
                    statements.iter().map(|end| format!("ALTER TABLE public.t {end}")).collect();
                assert_eq!(sql(alter(&pair.context(), &pair.id)), statements);
            }
        }
        let built = pair(Kind::Trigger, trigger(one, "origin", true), trigger(one, "replica", false));
        assert_eq!(sql(create(&built.context(), &built.id)), [one, "ALTER TABLE public.t ENABLE REPLICA TRIGGER r"]);
        assert!(sql(drop(&built.context(), &built.id)).is_empty());
        let dropped = pair(Kind::Trigger, trigger(one, "origin", false), trigger(one, "origin", true));
        assert!(sql(create(&dropped.context(), &dropped.id)).is_empty());
        assert_eq!(sql(drop(&dropped.context(), &dropped.id)), ["DROP TRIGGER r ON public.t"]);
    }

    #[test]
    fn rules_are_replaced_in_place() {
        let rule = |definition: &str, enabled: &str| {
            Some(Object::Rule(Rule { definition: definition.to_owned(), enabled: enabled.to_owned() }))
        };
        let (old, new) = (rule("CREATE RULE r AS one;", "origin"), rule("CREATE RULE r AS two;", "disabled"));
        let pair = pair(Kind::Rule, old, new);
        let context = pair.context();
        assert_eq!(alteration(&context, &pair.id), IN_PLACE);
        let set_enabled = "ALTER TABLE public.t DISABLE RULE r";
        assert_eq!(sql(alter(&context, &pair.id)), ["CREATE OR REPLACE RULE r AS two", set_enabled]);
        assert_eq!(sql(create(&context, &pair.id)), ["CREATE RULE r AS two", set_enabled]);
        assert_eq!(sql(drop(&context, &pair.id)), ["DROP RULE r ON public.t"]);
    }

    #[test]
    fn policies_are_written_without_default_clauses() {
        for (object, expected) in [
            (policy("ALL", &["public"], Some("true"), None), "\n    USING (true)"),
            (
                policy("DELETE", &["alice", "user"], Some("((a = 1) AND (b = 2))"), None),
                " AS RESTRICTIVE FOR DELETE TO alice, \"user\"\n    USING ((a = 1) AND (b = 2))",
            ),
            (
                policy("UPDATE", &["public"], Some("(a) = (b)"), Some("(a = ')')")),
                " FOR UPDATE\n    USING ((a) = (b))\n    WITH CHECK (a = ')')",
            ),
        ] {
            let pair = pair(Kind::Policy, None, object);
            assert_eq!(sql(create(&pair.context(), &pair.id)), [format!("CREATE POLICY r ON public.t{expected}")]);
        }
    }

    #[test]
    fn policies_change_in_place_unless_an_expression_is_removed() {
        let old = policy("ALL", &["alice"], Some("(a = 1)"), None);
        for (new, expected) in [
            (policy("ALL", &["public"], Some("(a = 1)"), None), Some(" TO PUBLIC")),
            (
                policy("ALL", &["alice"], Some("(a = 2)"), Some("true")),
                Some("\n    USING (a = 2)\n    WITH CHECK (true)"),
            ),
            (policy("ALL", &["alice"], None, Some("true")), None),
            (policy("SELECT", &["alice"], Some("(a = 1)"), None), None),
        ] {
            let pair = pair(Kind::Policy, old.clone(), new);
            match expected {
                Some(end) => {
                    assert_eq!(alteration(&pair.context(), &pair.id), IN_PLACE);
                    assert_eq!(sql(alter(&pair.context(), &pair.id)), [format!("ALTER POLICY r ON public.t{end}")]);
                }
                None => assert_eq!(alteration(&pair.context(), &pair.id), Alteration::Recreate),
            }
        }
    }

    #[test]
    fn the_statistics_target_is_set_in_place() {
        let statistics =
            |target| Some(Object::Statistics(Statistics { definition: "CREATE STATISTICS …".to_owned(), target }));
        let pair = pair(Kind::Statistics, statistics(Some(7)), statistics(None));
        assert_eq!(alteration(&pair.context(), &pair.id), IN_PLACE);
        assert_eq!(sql(alter(&pair.context(), &pair.id)), ["ALTER STATISTICS public.r SET STATISTICS -1"]);
        assert_eq!(sql(drop(&pair.context(), &pair.id)), ["DROP STATISTICS public.r"]);
    }
}
