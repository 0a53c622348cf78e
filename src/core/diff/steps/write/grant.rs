//! Grants.

use std::collections::{BTreeMap, BTreeSet};

use super::NotedSql;
use super::routine::plain_signature;
use super::rules::grantee;
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Grant, Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::{qualified, quote};

/// The privileges in the order in which they are written.
const PRIVILEGES: [&str; 12] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    "MAINTAIN",
    "USAGE",
    "EXECUTE",
    "CREATE",
    "CONNECT",
];

/// GRANT and REVOKE for an object whose grants differ. `is_created`: the object is new and has the built-in grants and
/// those of the creator's default privileges in the old schema.
pub fn grant(context: &DiffContext, id: &ObjectId, is_created: bool) -> Vec<NotedSql> {
    let Some(target) = target(id) else { return Vec::new() };
    let none = BTreeSet::new();
    let wanted = context.new.grants.get(id).unwrap_or(&none);
    let had = if is_created {
        grants_at_creation(context, id)
    } else {
        context.old.grants.get(id).cloned().unwrap_or_default()
    };
    let columns = if id.kind == Kind::Column { format!(" ({})", quote(&id.name)) } else { String::new() };
    let mut statements = grant_statements(&had, wanted, &columns, &target);
    if !is_created && id.kind != Kind::Column {
        statements.extend(regrant_columns(context, id, &had, wanted));
    }
    statements.into_iter().map(NotedSql::from).collect()
}

/// GRANT and REVOKE statements that turn one set into the other. `columns` follows each privilege, `target` follows ON.
pub(super) fn grant_statements(
    had: &BTreeSet<Grant>,
    wanted: &BTreeSet<Grant>,
    columns: &str,
    target: &str,
) -> Vec<String> {
    let (had, wanted) = (merge_grantors(had), merge_grantors(wanted));
    // By role and by step.
    let mut steps: BTreeMap<(&str, GrantStep), Vec<&str>> = BTreeMap::new();
    for (&(role, privilege), _) in had.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        steps.entry((role, GrantStep::Revoke)).or_default().push(privilege);
    }
    for (&(role, privilege), &grantable) in &wanted {
        let step = match (had.get(&(role, privilege)), grantable) {
            (Some(before), now) if *before == now => continue,
            (Some(_), false) => GrantStep::RevokeOption,
            (_, true) => GrantStep::GrantWithOption,
            (None, false) => GrantStep::Grant,
        };
        steps.entry((role, step)).or_default().push(privilege);
    }
    let statement = |((role, step), mut privileges): ((&str, GrantStep), Vec<&str>)| {
        privileges.sort_by_key(|privilege| PRIVILEGES.iter().position(|known| known == privilege));
        let list: Vec<String> = privileges.iter().map(|privilege| format!("{privilege}{columns}")).collect();
        let (list, role) = (list.join(", "), grantee(role));
        match step {
            GrantStep::Revoke => format!("REVOKE {list} ON {target} FROM {role}"),
            GrantStep::RevokeOption => format!("REVOKE GRANT OPTION FOR {list} ON {target} FROM {role}"),
            GrantStep::Grant => format!("GRANT {list} ON {target} TO {role}"),
            GrantStep::GrantWithOption => format!("GRANT {list} ON {target} TO {role} WITH GRANT OPTION"),
        }
    };
    steps.into_iter().map(statement).collect()
}

/// The privileges that PUBLIC has on new objects of a kind by default.
pub(super) fn built_in_grants(of: &str) -> BTreeSet<Grant> {
    let privilege = match of {
        "functions" => "EXECUTE",
        "types" => "USAGE",
        _ => return BTreeSet::new(),
    };
    BTreeSet::from([Grant { grantee: "public".to_owned(), privilege: privilege.to_owned(), grantable: false }])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum GrantStep {
    Revoke,
    RevokeOption,
    Grant,
    GrantWithOption,
}

/// Several grantors may have granted the same privilege. The grant option counts if one of them granted it.
fn merge_grantors(grants: &BTreeSet<Grant>) -> BTreeMap<(&str, &str), bool> {
    let mut merge_grantors = BTreeMap::new();
    for grant in grants {
        *merge_grantors.entry((grant.grantee.as_str(), grant.privilege.as_str())).or_default() |= grant.grantable;
    }
    merge_grantors
}

/// The object in the syntax of GRANT.
fn target(id: &ObjectId) -> Option<String> {
    let own = qualified(&id.schema, &id.name);
    Some(match id.kind {
        Kind::Schema => format!("SCHEMA {own}"),
        Kind::Table | Kind::View | Kind::MaterializedView => format!("TABLE {own}"),
        Kind::Column => format!("TABLE {}", qualified(&id.schema, &id.of)),
        Kind::Sequence => format!("SEQUENCE {own}"),
        Kind::ForeignDataWrapper => format!("FOREIGN DATA WRAPPER {}", quote(&id.name)),
        Kind::ForeignServer => format!("FOREIGN SERVER {}", quote(&id.name)),
        Kind::Function | Kind::Aggregate => format!("FUNCTION {}", plain_signature(id)),
        Kind::Procedure => format!("PROCEDURE {}", plain_signature(id)),
        Kind::Domain => format!("DOMAIN {own}"),
        Kind::Enum | Kind::CompositeType | Kind::RangeType => format!("TYPE {own}"),
        _ => return None,
    })
}

/// The grants of an object directly after its creator has created it.
fn grants_at_creation(context: &DiffContext, id: &ObjectId) -> BTreeSet<Grant> {
    let of = match id.kind {
        Kind::Table | Kind::View | Kind::MaterializedView => "tables",
        Kind::Sequence => "sequences",
        Kind::Function | Kind::Procedure | Kind::Aggregate => "functions",
        Kind::Domain | Kind::Enum | Kind::CompositeType | Kind::RangeType => "types",
        Kind::Schema => "schemas",
        _ => return BTreeSet::new(),
    };
    let creator = &context.options.creator;
    let everywhere = defaults(context.old, "", of, creator).cloned().unwrap_or_else(|| built_in_grants(of));
    let here = defaults(context.old, &id.schema, of, creator).filter(|_| !id.schema.is_empty());
    let all = everywhere.into_iter().chain(here.into_iter().flatten().cloned());
    all.filter(|grant| grant.grantee != *creator).collect()
}

fn defaults<'a>(schema: &'a Schema, inside: &str, of: &str, creator: &str) -> Option<&'a BTreeSet<Grant>> {
    match schema.objects.get(&ObjectId::on(Kind::DefaultPrivileges, inside, of, creator)) {
        Some(Object::DefaultPrivileges(defaults)) => Some(&defaults.grants),
        _ => None,
    }
}

/// A REVOKE on a table also revokes the privilege on its columns. Columns that keep it are granted it again.
fn regrant_columns(
    context: &DiffContext,
    id: &ObjectId,
    had: &BTreeSet<Grant>,
    wanted: &BTreeSet<Grant>,
) -> Vec<String> {
    let (had, wanted) = (merge_grantors(had), merge_grantors(wanted));
    let is_less = |(key, before): (&(&str, &str), &bool)| wanted.get(key).is_none_or(|now| *before && !now);
    let revoked: BTreeSet<(&str, &str)> = had.iter().filter(|entry| is_less(*entry)).map(|(key, _)| *key).collect();
    let is_revoked = |grant: &&Grant| revoked.contains(&(grant.grantee.as_str(), grant.privilege.as_str()));
    let mut statements = Vec::new();
    let columns =
        context.new.grants.iter().filter(|(column, _)| {
            column.kind == Kind::Column && (&column.schema, &column.of) == (&id.schema, &id.name)
        });
    for (column, grants) in columns {
        let Some(before) = context.old.grants.get(column) else { continue };
        let kept: BTreeSet<Grant> = grants.intersection(before).filter(is_revoked).cloned().collect();
        let list = format!(" ({})", quote(&column.name));
        statements.extend(grant_statements(
            &BTreeSet::new(),
            &kept,
            &list,
            &format!("TABLE {}", qualified(&id.schema, &id.name)),
        ));
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, grant as given, own, sql};
    use crate::core::schema::DefaultPrivileges;

    fn set(grants: &[&str]) -> BTreeSet<Grant> {
        grants.iter().map(|grant| given(grant)).collect()
    }

    fn granted(id: &ObjectId, old: &[&str], new: &[&str]) -> Vec<String> {
        let mut pair = Pair::new(id.clone(), None, None);
        pair.old.grants.insert(id.clone(), set(old));
        pair.new.grants.insert(id.clone(), set(new));
        sql(grant(&pair.context(), id, false))
    }

    #[test]
    fn one_statement_has_all_privileges_of_a_role() {
        let table = own(Kind::Table, "t");
        for (old, new, expected) in [
            (vec![], vec!["r=UPDATE", "r=SELECT"], vec!["GRANT SELECT, UPDATE ON TABLE public.t TO r"]),
            (
                vec!["r=SELECT"],
                vec!["public=SELECT"],
                vec!["GRANT SELECT ON TABLE public.t TO PUBLIC", "REVOKE SELECT ON TABLE public.t FROM r"],
            ),
            (vec!["r=SELECT"], vec!["r=SELECT*"], vec!["GRANT SELECT ON TABLE public.t TO r WITH GRANT OPTION"]),
            (vec!["r=SELECT*"], vec!["r=SELECT"], vec!["REVOKE GRANT OPTION FOR SELECT ON TABLE public.t FROM r"]),
            (
                vec!["r=SELECT", "r=INSERT"],
                vec!["r=SELECT", "r=DELETE"],
                vec!["REVOKE INSERT ON TABLE public.t FROM r", "GRANT DELETE ON TABLE public.t TO r"],
            ),
            (vec!["a b=SELECT"], vec![], vec!["REVOKE SELECT ON TABLE public.t FROM \"a b\""]),
            (vec!["r=SELECT"], vec!["r=SELECT"], vec![]),
        ] {
            assert_eq!(granted(&table, &old, &new), expected);
        }
    }

    #[test]
    fn every_kind_has_its_grant_syntax() {
        let routine = |kind, arguments| ObjectId::routine(kind, "public", "f", arguments);
        for (id, target) in [
            (ObjectId::new(Kind::Schema, "", "app"), "USAGE ON SCHEMA app"),
            (own(Kind::View, "v"), "USAGE ON TABLE public.v"),
            (own(Kind::MaterializedView, "v"), "USAGE ON TABLE public.v"),
            (own(Kind::Sequence, "s"), "USAGE ON SEQUENCE public.s"),
            (own(Kind::Domain, "d"), "USAGE ON DOMAIN public.d"),
            (own(Kind::RangeType, "d"), "USAGE ON TYPE public.d"),
            (routine(Kind::Procedure, "IN a integer"), "USAGE ON PROCEDURE public.f(IN a integer)"),
            (routine(Kind::Aggregate, "ORDER BY text"), "USAGE ON FUNCTION public.f(text)"),
            (ObjectId::on(Kind::Column, "public", "t", "user"), "USAGE (\"user\") ON TABLE public.t"),
        ] {
            assert_eq!(granted(&id, &[], &["r=USAGE"]), [format!("GRANT {target} TO r")]);
        }
        assert!(granted(&own(Kind::Collation, "c"), &[], &["r=USAGE"]).is_empty());
    }

    #[test]
    fn a_new_object_has_the_default_privileges_of_its_creator() {
        let function = ObjectId::routine(Kind::Function, "public", "f", "");
        let created = |defaults: &[(&str, &[&str])], wanted: &[&str]| {
            let mut pair = Pair::new(function.clone(), None, None);
            pair.new.grants.insert(function.clone(), set(wanted));
            for (schema, grants) in defaults {
                let id = ObjectId::on(Kind::DefaultPrivileges, schema, "functions", "creator");
                pair.old.objects.insert(id, Object::DefaultPrivileges(DefaultPrivileges { grants: set(grants) }));
            }
            sql(grant(&pair.context(), &function, true))
        };
        assert!(created(&[], &["public=EXECUTE"]).is_empty());
        assert_eq!(created(&[], &[]), ["REVOKE EXECUTE ON FUNCTION public.f() FROM PUBLIC"]);
        assert_eq!(
            created(&[], &["r=EXECUTE"]),
            ["REVOKE EXECUTE ON FUNCTION public.f() FROM PUBLIC", "GRANT EXECUTE ON FUNCTION public.f() TO r",]
        );
        // An entry for all schemas replaces the built-in privileges; an entry for one schema only adds to them.
        let everywhere: (&str, &[&str]) = ("", &["creator=EXECUTE"]);
        assert!(created(&[everywhere], &[]).is_empty());
        assert!(created(&[everywhere, ("public", &["r=EXECUTE"])], &["r=EXECUTE"]).is_empty());
        assert!(created(&[("public", &["r=EXECUTE"])], &["public=EXECUTE", "r=EXECUTE"]).is_empty());
        assert_eq!(created(&[("other", &["r=EXECUTE"])], &["public=EXECUTE", "r=EXECUTE"]).len(), 1);
    }

    #[test]
    fn columns_keep_privileges_that_are_revoked_on_their_table() {
        let (table, column) = (own(Kind::Table, "t"), ObjectId::on(Kind::Column, "public", "t", "a"));
        let mut pair = Pair::new(table.clone(), None, None);
        pair.old.grants.insert(table.clone(), set(&["r=SELECT", "r=INSERT"]));
        pair.new.grants.insert(table.clone(), set(&["r=INSERT"]));
        for side in [&mut pair.old, &mut pair.new] {
            side.grants.insert(column.clone(), set(&["r=SELECT", "r=UPDATE", "s=SELECT"]));
        }
        assert_eq!(
            sql(grant(&pair.context(), &table, false)),
            ["REVOKE SELECT ON TABLE public.t FROM r", "GRANT SELECT (a) ON TABLE public.t TO r",]
        );
        assert!(sql(grant(&pair.context(), &column, false)).is_empty());
    }
}
