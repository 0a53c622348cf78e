//! The tables whose rows determine the result of a statement.

use std::collections::BTreeSet;

use squawk_syntax::ast::{AstNode, RelationFromItem, ReturningClause, Table, WithTable};

use super::parse::{Tree, parse};
use super::read::node_name;
use super::{Action, Facts, Name};

/// What the result of a statement depends on, besides the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowSources {
    /// The tables and views that it reads, without those of the system catalog.
    pub relations: BTreeSet<Name>,
    /// Whether it may depend on something else: a function, a sequence, the state of the server.
    pub is_incomplete: bool,
}

/// Functions whose result depends on their arguments, the schema or the session only.
const PURE: [&str; 123] = [
    "abs",
    "array_agg",
    "array_append",
    "array_cat",
    "array_length",
    "array_position",
    "array_prepend",
    "array_remove",
    "array_to_string",
    "ascii",
    "avg",
    "bool_and",
    "bool_or",
    "btrim",
    "cardinality",
    "ceil",
    "char_length",
    "chr",
    "coalesce",
    "col_description",
    "concat",
    "concat_ws",
    "count",
    "current_database",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_user",
    "date_part",
    "date_trunc",
    "decode",
    "dense_rank",
    "encode",
    "every",
    "extract",
    "first_value",
    "floor",
    "format",
    "format_type",
    "generate_series",
    "generate_subscripts",
    "greatest",
    "hashtext",
    "initcap",
    "json_agg",
    "json_array_elements",
    "json_array_elements_text",
    "json_array_length",
    "json_build_object",
    "json_object_agg",
    "json_typeof",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_array_length",
    "jsonb_build_object",
    "jsonb_object_agg",
    "jsonb_set",
    "jsonb_typeof",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "max",
    "md5",
    "min",
    "mod",
    "ntile",
    "nullif",
    "num_nonnulls",
    "num_nulls",
    "obj_description",
    "overlay",
    "percent_rank",
    "position",
    "power",
    "quote_ident",
    "quote_literal",
    "quote_nullable",
    "rank",
    "regexp_match",
    "regexp_matches",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row_number",
    "row_to_json",
    "rpad",
    "rtrim",
    "session_user",
    "sha256",
    "shobj_description",
    "sign",
    "split_part",
    "sqrt",
    "starts_with",
    "string_agg",
    "strpos",
    "substr",
    "substring",
    "sum",
    "to_json",
    "to_jsonb",
    "to_regclass",
    "to_regnamespace",
    "to_regproc",
    "to_regtype",
    "to_timestamp",
    "translate",
    "trim",
    "trunc",
    "unnest",
    "upper",
    "version",
];

/// Catalogs and views that contain the state of the server or of its sessions, not the schema of a database. The
/// settings are those of the session, as `current_setting` returns them.
const STATE: [&str; 17] = [
    "pg_auth_members",
    "pg_authid",
    "pg_available_extension_versions",
    "pg_available_extensions",
    "pg_cursors",
    "pg_database",
    "pg_file_settings",
    "pg_group",
    "pg_largeobject",
    "pg_largeobject_metadata",
    "pg_locks",
    "pg_prepared_statements",
    "pg_roles",
    "pg_sequences",
    "pg_shadow",
    "pg_user",
    "pg_timezone_names",
];

impl Facts {
    /// Whether it sends rows to the client: a query, or a statement with RETURNING.
    #[must_use]
    pub fn returns_rows(&self) -> bool {
        if self.command.is_one_of(&["select", "values", "table", "show", "explain", "fetch"]) {
            return true;
        }
        let may_return = self.command.is_one_of(&["with", "insert", "update", "delete", "merge"]);
        may_return && self.words().contains("returning") && self.complete_tree().is_none_or(|tree| has_returning(&tree))
            || self.command.first() == "with" && !self.changes_rows()
    }

    /// What its result depends on.
    #[must_use]
    pub fn row_sources(&self) -> RowSources {
        let Some(tree) = self.complete_tree() else {
            return RowSources { relations: BTreeSet::new(), is_incomplete: true };
        };
        let mut relations = relations_in(&tree, self.words().contains("recursive"));
        for action in &self.actions {
            match action {
                Action::Update(update) => relations.insert(update.table.clone()),
                Action::Delete { table, .. } => relations.insert(table.clone()),
                _ => false,
            };
        }
        let reads_state = self.command.first() == "fetch"
            || relations.iter().any(is_state)
            || is_list_of_tablespaces(&relations)
            || ["reltuples", "relpages"].iter().any(|word| self.words().contains(*word));
        // If the table has no rows, an UPDATE or DELETE calls no function.
        let changes_existing = |action: &Action| matches!(action, Action::Update(_) | Action::Delete { .. });
        let calls_matter = !self.actions.iter().any(changes_existing);
        let is_incomplete = reads_state || (calls_matter && !self.calls.iter().all(is_pure));
        relations.retain(|relation| !is_catalog(relation));
        RowSources { relations, is_incomplete }
    }

    /// The syntax tree, if the parser understands the whole text.
    fn complete_tree(&self) -> Option<Tree> {
        parse(self.sql()).filter(|tree| tree.complete)
    }
}

fn has_returning(tree: &Tree) -> bool {
    tree.statement.syntax().descendants().any(|node| ReturningClause::can_cast(node.kind()))
}

/// The relations of FROM and USING clauses and of `TABLE`, without the names of common table expressions. Without RECURSIVE,
/// such a name is that of a table in its own definition.
fn relations_in(tree: &Tree, is_recursive: bool) -> BTreeSet<Name> {
    let (mut relations, mut expressions) = (Vec::new(), BTreeSet::new());
    for node in tree.statement.syntax().descendants() {
        let name = if let Some(item) = RelationFromItem::cast(node.clone()) {
            node_name(item.relation_name_ref())
        } else if let Some(table) = Table::cast(node.clone()) {
            node_name(table.relation_name())
        } else {
            let expression = WithTable::cast(node.clone());
            expressions.extend(expression.and_then(|expression| node_name(expression.name())).map(|name| name.name));
            None
        };
        if let Some(name) = name {
            let is_own = |with: WithTable| node_name(with.name()).is_some_and(|own| own.name == name.name);
            let is_in_own = !is_recursive && node.ancestors().filter_map(WithTable::cast).any(is_own);
            relations.push((name, is_in_own));
        }
    }
    let is_table =
        |(name, is_in_own): &(Name, bool)| name.schema.is_some() || *is_in_own || !expressions.contains(&name.name);
    relations.into_iter().filter(is_table).map(|(name, _)| name).collect()
}

fn is_catalog(relation: &Name) -> bool {
    match relation.schema.as_deref() {
        Some(schema) => schema == "pg_catalog" || schema == "information_schema",
        None => relation.name.starts_with("pg_"),
    }
}

fn is_state(relation: &Name) -> bool {
    is_catalog(relation) && (relation.name.starts_with("pg_stat") || STATE.contains(&relation.name.as_str()))
}

/// Whether a query reads the tablespaces of the server. Beside `pg_class`, it reads the tablespaces of tables.
fn is_list_of_tablespaces(relations: &BTreeSet<Name>) -> bool {
    let reads = |name: &str| relations.iter().any(|relation| is_catalog(relation) && relation.name == name);
    reads("pg_tablespace") && !reads("pg_class")
}

fn is_pure(function: &Name) -> bool {
    let name = function.name.as_str();
    let is_system = function.schema.as_deref().is_none_or(|schema| schema == "pg_catalog");
    is_system && (PURE.contains(&name) || name.starts_with("pg_get_") || name.ends_with("_is_visible"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{analyse_one, table_sql};

    #[test]
    fn sources_are_relations_without_the_catalog() {
        for (sql, relations, is_incomplete) in [
            ("SELECT id FROM users", &["users"][..], false),
            (
                "SELECT count(*) FROM a JOIN s.b ON a.i = b.i, (SELECT 1 FROM \"C d\") x",
                &["\"C d\"", "a", "s.b"],
                false,
            ),
            ("WITH x AS (SELECT * FROM a) SELECT * FROM x WHERE EXISTS (SELECT FROM b)", &["a", "b"], false),
            ("WITH users AS (SELECT * FROM users WHERE a) SELECT id FROM users", &["users"], false),
            ("WITH RECURSIVE x AS (SELECT 1 UNION SELECT 2 FROM x) SELECT * FROM x", &[], false),
            ("SELECT 1", &[], false),
            (
                "SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class WHERE pg_catalog.pg_table_is_visible(oid)",
                &[],
                false,
            ),
            ("SELECT typname FROM pg_type", &[], false),
            ("SELECT * FROM information_schema.columns", &[], false),
            ("SELECT reltuples FROM pg_class", &[], true),
            ("SELECT 1 FROM pg_roles", &[], true),
            ("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'", &[], false),
            ("SELECT spcname FROM pg_tablespace", &[], true),
            (
                "SELECT c.relname, s.spcname, current_setting('default_table_access_method') FROM pg_catalog.pg_class c \
                 LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace",
                &[],
                false,
            ),
            ("SELECT format('%I', c.relname) FROM pg_class c WHERE c.oid = to_regclass('t')", &[], false),
            ("SELECT my_function()", &[], true),
            ("SELECT nextval('s')", &[], true),
            ("SELECT random() FROM t", &["t"], true),
            ("TABLE t", &["t"], false),
            ("FETCH 1 FROM c", &[], true),
            ("UPDATE t SET a = u.a FROM u WHERE t.i = u.i", &["t", "u"], false),
            (
                "UPDATE users SET a = lower(b) WHERE id IN (SELECT id FROM users WHERE a IS NULL LIMIT 5)",
                &["users"],
                false,
            ),
            ("DELETE FROM t RETURNING id", &["t"], false),
            ("UPDATE t SET id = new_id() WHERE id IS NULL", &["t"], false),
            (
                "WITH x AS (SELECT id FROM t LIMIT 5) UPDATE t SET a = f(b) FROM x WHERE x.id = t.id RETURNING t.id",
                &["t"],
                false,
            ),
            ("UPDATE t SET a = r.rolname FROM pg_roles r", &["t"], true),
            ("INSERT INTO t SELECT * FROM u", &["u"], false),
            ("INSERT INTO t VALUES (1)", &[], false),
        ] {
            let sources = analyse_one(sql).row_sources();
            let found: BTreeSet<String> = sources.relations.iter().map(table_sql).collect();
            let expected: BTreeSet<String> = relations.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!((found, sources.is_incomplete), (expected, is_incomplete), "{sql}");
        }
    }

    #[test]
    fn statements_that_return_rows() {
        for (sql, expected) in [
            ("SELECT 1", true),
            ("INSERT INTO t VALUES (1) RETURNING id", true),
            ("INSERT INTO t VALUES ('returning')", false),
            ("UPDATE t SET a = 1", false),
            ("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", true),
            ("WITH x AS (SELECT 1) SELECT * FROM x", true),
            ("CREATE TABLE t (a int)", false),
        ] {
            assert_eq!(analyse_one(sql).returns_rows(), expected, "{sql}");
        }
    }
}
