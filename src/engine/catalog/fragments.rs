//! SQL that several queries share.

/// The managed schemas as `n (oid, schema)`. Every query begins with this part.
pub(super) const NAMESPACES: &str = "n AS MATERIALIZED (
    SELECT oid, nspname::text AS schema FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'limbeck')
      AND ($1::text[] IS NULL OR nspname = ANY ($1))
      AND NOT EXISTS (SELECT FROM pg_depend e
                      WHERE e.classid = 'pg_namespace'::regclass AND e.objid = pg_namespace.oid AND e.deptype = 'e'))";

/// Relations of these kinds as `c`, joined with [`NAMESPACES`]. Members of extensions, temporary relations and
/// limbeck's own tables are left out.
pub(super) fn relations(kinds: &str) -> String {
    format!(
        "c AS MATERIALIZED (
            SELECT c.*, n.schema FROM pg_class c JOIN n ON n.oid = c.relnamespace
            WHERE c.relkind IN ({kinds}) AND c.relpersistence <> 't' AND c.relname !~ '^limbeck_(log|kept)' AND {})",
        not_member("pg_class", "c.oid"),
    )
}

/// A condition for objects that are not members of an extension.
pub(super) fn not_member(catalog: &str, oid: &str) -> String {
    no_dependency(catalog, oid, "'e'")
}

/// A condition for objects that are neither members of an extension nor internal parts of another object.
pub(super) fn is_independent(catalog: &str, oid: &str) -> String {
    no_dependency(catalog, oid, "'e', 'i'")
}

fn no_dependency(catalog: &str, oid: &str, types: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_depend e
            WHERE e.classid = '{catalog}'::regclass AND e.objid = {oid} AND e.deptype IN ({types}))"
    )
}

/// The state of a trigger or rule as text.
pub(super) fn enabled(column: &str) -> String {
    format!("CASE {column} WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END")
}

/// An array of texts as sorted JSON. NULL becomes an empty array.
pub(super) fn sorted(array: &str) -> String {
    // Almost all values are NULL. This check is cheaper than the subquery.
    format!(
        "CASE WHEN {array} IS NULL THEN '[]' ELSE
            (SELECT coalesce(json_agg(o ORDER BY o COLLATE \"C\"), '[]') FROM unnest({array}) o) END"
    )
}

/// The options of a relation and, with the prefix `toast.`, those of its TOAST table.
pub(super) const WITH_TOAST: &str = "(c.reloptions || (
    SELECT array_agg('toast.' || o) FROM pg_class toast, unnest(toast.reloptions) o WHERE toast.oid = c.reltoastrelid))";

/// The persistence of a relation as text.
pub(super) const PERSISTENCE: &str = "CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'permanent' END";

/// The name of a tablespace. NULL stands for the default of the database.
pub(super) const TABLESPACE: &str = "(SELECT spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace)";

/// The name of an access method.
pub(super) const ACCESS_METHOD: &str = "(SELECT amname FROM pg_am m WHERE m.oid = c.relam)";

/// The name of a function as text, or NULL.
pub(super) fn function(column: &str) -> String {
    format!("nullif({column}::text, '-')")
}
