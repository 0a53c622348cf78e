//! Views and materialized views.

use super::options;
use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Column, MaterializedView, Object, ObjectId, View};
use crate::core::sql::identifier::{qualified, quote};

/// The first version with SET STORAGE DEFAULT.
const STORAGE_DEFAULT: u32 = 16;
/// The first version with SET ACCESS METHOD.
const SET_ACCESS_METHOD: u32 = 15;
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    let version = context.options.version;
    let in_place = match (context.old.objects.get(id), context.new.objects.get(id)) {
        (old, new) if old == new => return Alteration::None,
        (Some(Object::View(old)), Some(Object::View(new))) => is_prefix(&old.columns, &new.columns),
        (Some(Object::MaterializedView(old)), Some(Object::MaterializedView(new))) => is_alterable(version, old, new),
        _ => false,
    };
    if in_place { Alteration::InPlace { rebuilds_dependents: false } } else { Alteration::Recreate }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = qualified(&id.schema, &id.name);
    let statements = match context.new.objects.get(id) {
        Some(Object::View(view)) => {
            let mut statements = vec![view_statement("CREATE VIEW", &name, view)];
            statements.extend(alter_defaults(&name, &[], &view.columns));
            statements
        }
        Some(Object::MaterializedView(view)) => {
            let mut statements = vec![materialized_view_statement(&name, view)];
            statements.extend(view.columns.iter().flat_map(|column| alter_column(&name, None, column)));
            statements
        }
        _ => Vec::new(),
    };
    statements.into_iter().map(NotedSql::from).collect()
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let is_view = matches!(context.old.objects.get(id), Some(Object::View(_)));
    let what = if is_view { "VIEW" } else { "MATERIALIZED VIEW" };
    vec![format!("DROP {what} {}", qualified(&id.schema, &id.name)).into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = qualified(&id.schema, &id.name);
    let statements = match (context.old.objects.get(id), context.new.objects.get(id)) {
        (Some(Object::View(old)), Some(Object::View(new))) => {
            // CREATE OR REPLACE VIEW also sets the options.
            let mut statements = if old.definition == new.definition {
                options::alter_statements(&format!("ALTER VIEW {name}"), &old.options, &new.options)
            } else {
                vec![view_statement("CREATE OR REPLACE VIEW", &name, new)]
            };
            statements.extend(alter_defaults(&name, &old.columns, &new.columns));
            statements
        }
        (Some(Object::MaterializedView(old)), Some(Object::MaterializedView(new))) => {
            alter_materialized_view(&name, old, new)
        }
        _ => Vec::new(),
    };
    statements.into_iter().map(NotedSql::from).collect()
}

/// Whether CREATE OR REPLACE VIEW can turn one list of columns into the other.
fn is_prefix(old: &[Column], new: &[Column]) -> bool {
    let signature = |column: &Column| (column.name.clone(), column.type_name.clone(), column.collation.clone());
    old.len() <= new.len() && old.iter().zip(new).all(|(before, now)| signature(before) == signature(now))
}

fn is_alterable(version: u32, old: &MaterializedView, new: &MaterializedView) -> bool {
    let loses_storage = |(before, now): (&Column, &Column)| before.storage.is_some() && now.storage.is_none();
    let storage = version >= STORAGE_DEFAULT || !old.columns.iter().zip(&new.columns).any(loses_storage);
    let access_method = version >= SET_ACCESS_METHOD || old.access_method == new.access_method;
    let columns = old.columns.len() == new.columns.len() && is_prefix(&old.columns, &new.columns);
    old.definition == new.definition && columns && storage && access_method
}

/// The query without its semicolon.
fn query(definition: &str) -> &str {
    definition.trim_end().trim_end_matches(';').trim_end()
}

fn view_statement(verb: &str, name: &str, view: &View) -> String {
    format!("{verb} {name}{} AS\n{}", options::with_clause(&view.options), query(&view.definition))
}

fn materialized_view_statement(name: &str, view: &MaterializedView) -> String {
    let method = view.access_method.as_ref().filter(|method| *method != "heap");
    let method = method.map(|method| format!(" USING {}", quote(method))).unwrap_or_default();
    let tablespace = view.tablespace.as_ref().map(|name| format!(" TABLESPACE {}", quote(name))).unwrap_or_default();
    let (options, query) = (options::with_clause(&view.options), query(&view.definition));
    format!("CREATE MATERIALIZED VIEW {name}{method}{options}{tablespace} AS\n{query}\n  WITH DATA")
}

fn alter_materialized_view(name: &str, old: &MaterializedView, new: &MaterializedView) -> Vec<String> {
    let prefix = format!("ALTER MATERIALIZED VIEW {name}");
    let mut statements = options::alter_statements(&prefix, &old.options, &new.options);
    if old.access_method != new.access_method {
        let method = new.access_method.as_deref().unwrap_or("heap");
        statements.push(format!("{prefix} SET ACCESS METHOD {}", quote(method)));
    }
    if old.tablespace != new.tablespace {
        let tablespace = new.tablespace.as_deref().unwrap_or("pg_default");
        statements.push(format!("{prefix} SET TABLESPACE {}", quote(tablespace)));
    }
    let pairs = old.columns.iter().zip(&new.columns);
    statements.extend(pairs.flat_map(|(before, now)| alter_column(name, Some(before), now)));
    statements
}

/// Statements for the attributes of a materialized view's column. `old` is `None` for a new column.
fn alter_column(name: &str, old: Option<&Column>, new: &Column) -> Vec<String> {
    let prefix = format!("ALTER MATERIALIZED VIEW {name} ALTER COLUMN {}", quote(&new.name));
    let mut statements = Vec::new();
    if old.and_then(|old| old.statistics) != new.statistics {
        statements.push(format!("{prefix} SET STATISTICS {}", new.statistics.unwrap_or(-1)));
    }
    if old.and_then(|old| old.storage.as_ref()) != new.storage.as_ref() {
        let storage = new.storage.as_deref().unwrap_or("default").to_uppercase();
        statements.push(format!("{prefix} SET STORAGE {storage}"));
    }
    if old.and_then(|old| old.compression.as_ref()) != new.compression.as_ref() {
        let compression = new.compression.as_deref().unwrap_or("default");
        statements.push(format!("{prefix} SET COMPRESSION {compression}"));
    }
    let had = old.map(|old| old.options.as_slice()).unwrap_or_default();
    statements.extend(options::alter_statements(&prefix, had, &new.options));
    statements
}

fn alter_defaults(name: &str, old: &[Column], new: &[Column]) -> Vec<String> {
    let had = |column: &Column| old.iter().find(|other| other.name == column.name)?.default.as_ref();
    let changed = new.iter().filter(|column| had(column) != column.default.as_ref());
    let action = |column: &Column| {
        let set = column.default.as_ref().map(|default| format!("SET DEFAULT {default}"));
        let action = set.unwrap_or_else(|| "DROP DEFAULT".to_owned());
        format!("ALTER VIEW {name} ALTER COLUMN {} {action}", quote(&column.name))
    };
    changed.map(action).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, column, own, sql, texts, view};
    use crate::core::schema::Kind;

    fn pair(old: Object, new: Object) -> Pair {
        Pair::new(own(Kind::View, "v"), Some(old), Some(new))
    }

    fn materialized_view(definition: &str, columns: &[Column]) -> MaterializedView {
        MaterializedView {
            definition: definition.to_owned(),
            options: Vec::new(),
            columns: columns.to_vec(),
            access_method: Some("heap".to_owned()),
            tablespace: None,
        }
    }

    #[test]
    fn a_view_is_replaced_in_place_if_its_first_columns_stay() {
        let (a, b) = (column("a", "integer"), column("b", "text"));
        let old = view(" SELECT a;", &[], std::slice::from_ref(&a));
        let longer = pair(old.clone(), view(" SELECT a,\n    b;", &["security_invoker=true"], &[a.clone(), b.clone()]));
        assert_eq!(alteration(&longer.context(), &longer.id), Alteration::InPlace { rebuilds_dependents: false });
        assert_eq!(
            sql(alter(&longer.context(), &longer.id)),
            ["CREATE OR REPLACE VIEW public.v WITH (security_invoker=true) AS\n SELECT a,\n    b"]
        );
        for columns in [vec![b.clone(), a.clone()], vec![column("a", "bigint")], vec![]] {
            let other = pair(old.clone(), view(" SELECT b;", &[], &columns));
            assert_eq!(alteration(&other.context(), &other.id), Alteration::Recreate);
        }
        assert_eq!(alteration(&pair(old.clone(), old.clone()).context(), &longer.id), Alteration::None);
    }

    #[test]
    fn options_and_defaults_of_a_view_change_alone() {
        let mut given = column("a", "integer");
        given.default = Some("1".to_owned());
        let one = view(" SELECT a;", &["check_option=local", "security_barrier=true"], &[column("a", "integer")]);
        let other = view(" SELECT a;", &["check_option=cascaded"], &[given]);
        let there = pair(one.clone(), other.clone());
        assert_eq!(
            sql(alter(&there.context(), &there.id)),
            [
                "ALTER VIEW public.v RESET (security_barrier)",
                "ALTER VIEW public.v SET (check_option=cascaded)",
                "ALTER VIEW public.v ALTER COLUMN a SET DEFAULT 1",
            ]
        );
        let back = pair(other, one);
        assert!(
            sql(alter(&back.context(), &back.id))
                .contains(&"ALTER VIEW public.v ALTER COLUMN a DROP DEFAULT".to_owned())
        );
        assert_eq!(
            sql(create(&there.context(), &there.id)),
            [
                "CREATE VIEW public.v WITH (check_option=cascaded) AS\n SELECT a",
                "ALTER VIEW public.v ALTER COLUMN a SET DEFAULT 1",
            ]
        );
        assert_eq!(sql(drop(&there.context(), &there.id)), ["DROP VIEW public.v"]);
    }

    #[test]
    fn a_materialized_view_is_created_with_all_attributes() {
        let mut set = column("a", "text");
        set.storage = Some("external".to_owned());
        set.compression = Some("pglz".to_owned());
        set.statistics = Some(7);
        set.options = texts(&["n_distinct=-0.5"]);
        let mut full = materialized_view(" SELECT a;", &[set]);
        full.options = texts(&["autovacuum_enabled=false", "fillfactor=70"]);
        full.tablespace = Some("fast".to_owned());
        let pair = Pair::new(own(Kind::MaterializedView, "m"), None, Some(Object::MaterializedView(full)));
        let column = "ALTER MATERIALIZED VIEW public.m ALTER COLUMN a";
        assert_eq!(sql(create(&pair.context(), &pair.id)), [
            "CREATE MATERIALIZED VIEW public.m WITH (autovacuum_enabled=false, fillfactor=70) TABLESPACE fast AS\n \
             SELECT a\n  WITH DATA"
                .to_owned(),
            format!("{column} SET STATISTICS 7"),
            format!("{column} SET STORAGE EXTERNAL"),
            format!("{column} SET COMPRESSION pglz"),
            format!("{column} SET (n_distinct=-0.5)"),
        ]);
    }

    #[test]
    fn a_materialized_view_changes_in_place_if_the_server_can() {
        let plain = materialized_view(" SELECT a;", &[column("a", "text")]);
        let mut stored = plain.clone();
        stored.columns[0].storage = Some("plain".to_owned());
        stored.access_method = Some("columnar".to_owned());
        let object = |one: &MaterializedView| Some(Object::MaterializedView(one.clone()));
        let mut pair = Pair::new(own(Kind::MaterializedView, "m"), object(&stored), object(&plain));
        assert_eq!(
            sql(alter(&pair.context(), &pair.id)),
            [
                "ALTER MATERIALIZED VIEW public.m SET ACCESS METHOD heap",
                "ALTER MATERIALIZED VIEW public.m ALTER COLUMN a SET STORAGE DEFAULT",
            ]
        );
        for (version, expected) in
            [(18, Alteration::InPlace { rebuilds_dependents: false }), (15, Alteration::Recreate)]
        {
            pair.options.version = version;
            assert_eq!(alteration(&pair.context(), &pair.id), expected);
        }
        let other = materialized_view(" SELECT b AS a;", &[column("a", "text")]);
        let pair = Pair::new(own(Kind::MaterializedView, "m"), object(&plain), object(&other));
        assert_eq!(alteration(&pair.context(), &pair.id), Alteration::Recreate);
        assert_eq!(sql(drop(&pair.context(), &pair.id)), ["DROP MATERIALIZED VIEW public.m"]);
    }
}
