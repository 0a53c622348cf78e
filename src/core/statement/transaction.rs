//! Decides whether PostgreSQL runs a statement inside a transaction block.
//!
//! The list follows the calls of `PreventInTransactionBlock` in PostgreSQL's source code. Cases that depend on the catalog
//! (REINDEX of a partitioned table, a procedure that commits) are not recognised.

use squawk_syntax::ast::{
    AlterDatabaseAction, AlterSubscriptionAction as Subscription, AlterTable, AlterTableAction, AstNode, Cluster,
    Commit, DetachPartitionOption, DiscardTarget, Do, PlpgsqlCommitStmt, PlpgsqlRollbackStmt, Reindex, ReindexTarget,
    Rollback, Stmt, WithParams,
};

use super::command::CommandWords;
use super::parse::Tree;
use super::read::maintenance::{has_concurrently_option, is_off};
use Transaction::{Allowed, Control, Forbidden};

/// Whether PostgreSQL runs a statement inside a transaction block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transaction {
    /// PostgreSQL runs it inside a transaction block.
    Allowed,
    /// PostgreSQL rejects it inside a transaction block. The text names the statement, e.g. `CREATE INDEX CONCURRENTLY`.
    Forbidden(&'static str),
    /// It starts or ends a transaction itself (`BEGIN`, `COMMIT`, …). The text names the statement.
    Control(&'static str),
}

/// Decides from the syntax tree, or from the first words if the parser does not understand the whole statement.
pub(super) fn of(tree: Option<&Tree>, command: &CommandWords) -> Transaction {
    match tree.map(|tree| (of_tree(&tree.statement), tree.complete)) {
        Some((answer, complete)) if complete || answer != Allowed => answer,
        _ => of_words(command.words()),
    }
}

fn of_tree(statement: &Stmt) -> Transaction {
    match statement {
        Stmt::Begin(begin) if begin.start_token().is_some() => Control("START TRANSACTION"),
        Stmt::Begin(_) => Control("BEGIN"),
        Stmt::Commit(Commit::CommitPrepared(_)) => Control("COMMIT PREPARED"),
        Stmt::Commit(Commit::CommitTransaction(commit)) if commit.end_token().is_some() => Control("END"),
        Stmt::Commit(Commit::CommitTransaction(_)) => Control("COMMIT"),
        Stmt::Rollback(Rollback::RollbackPrepared(_)) => Control("ROLLBACK PREPARED"),
        Stmt::Rollback(Rollback::RollbackTransaction(rollback)) if rollback.abort_token().is_some() => Control("ABORT"),
        Stmt::Rollback(Rollback::RollbackTransaction(_)) => Control("ROLLBACK"),
        Stmt::PrepareTransaction(_) => Control("PREPARE TRANSACTION"),
        Stmt::CreateDatabase(_) => Forbidden("CREATE DATABASE"),
        Stmt::DropDatabase(_) => Forbidden("DROP DATABASE"),
        Stmt::CreateTablespace(_) => Forbidden("CREATE TABLESPACE"),
        Stmt::DropTablespace(_) => Forbidden("DROP TABLESPACE"),
        Stmt::AlterSystem(_) => Forbidden("ALTER SYSTEM"),
        Stmt::Vacuum(_) => Forbidden("VACUUM"),
        Stmt::DropSubscription(_) => Forbidden("DROP SUBSCRIPTION"),
        other => of_options(other),
    }
}

/// Statements that are forbidden only with some options.
fn of_options(statement: &Stmt) -> Transaction {
    let (forbidden, name) = match statement {
        Stmt::CreateIndex(create) => (create.concurrently_token().is_some(), "CREATE INDEX CONCURRENTLY"),
        Stmt::DropIndex(drop) => (drop.concurrently_token().is_some(), "DROP INDEX CONCURRENTLY"),
        Stmt::Reindex(reindex) => return of_reindex(reindex),
        Stmt::Cluster(cluster) => (clusters_all(cluster), "CLUSTER without a table"),
        Stmt::Repack(repack) => (repack.table_and_columns_list().is_none(), "REPACK without a table"),
        Stmt::AlterTable(alter) => (detaches_concurrently(alter), "DETACH PARTITION CONCURRENTLY"),
        Stmt::AlterDatabase(alter) => {
            (matches!(alter.action(), Some(AlterDatabaseAction::SetTablespace(_))), "ALTER DATABASE SET TABLESPACE")
        }
        Stmt::CreateSubscription(create) => {
            let options = create.with_params();
            let creates_slot =
                !is_option_off(options.as_ref(), "connect") && !is_option_off(options.as_ref(), "create_slot");
            (creates_slot, "CREATE SUBSCRIPTION that creates a replication slot")
        }
        Stmt::AlterSubscription(alter) => (alter.action().is_some_and(refreshes), "ALTER SUBSCRIPTION that refreshes"),
        Stmt::Discard(discard) => {
            (matches!(discard.discard_target(), Some(DiscardTarget::DiscardAll(_))), "DISCARD ALL")
        }
        Stmt::Do(block) => (ends_transaction(block), "DO that commits or rolls back"),
        _ => (false, ""),
    };
    if forbidden { Forbidden(name) } else { Allowed }
}

fn of_reindex(reindex: &Reindex) -> Transaction {
    let (keyword, whole) = match reindex.reindex_target() {
        Some(ReindexTarget::ReindexTargetDatabase(target)) => (target.concurrently_token(), Some("REINDEX DATABASE")),
        Some(ReindexTarget::ReindexTargetSystem(target)) => (target.concurrently_token(), Some("REINDEX SYSTEM")),
        Some(ReindexTarget::ReindexTargetSchema(target)) => (target.concurrently_token(), Some("REINDEX SCHEMA")),
        Some(ReindexTarget::ReindexTargetIndex(target)) => (target.concurrently_token(), None),
        Some(ReindexTarget::ReindexTargetTable(target)) => (target.concurrently_token(), None),
        None => (None, None),
    };
    match whole {
        Some(name) => Forbidden(name),
        None if has_concurrently_option(reindex) || keyword.is_some() => Forbidden("REINDEX CONCURRENTLY"),
        None => Allowed,
    }
}

fn clusters_all(cluster: &Cluster) -> bool {
    cluster.table_name_ref().is_none() && cluster.cluster_legacy().is_none()
}

fn detaches_concurrently(alter: &AlterTable) -> bool {
    alter.actions().any(|action| match action {
        AlterTableAction::DetachPartition(detach) => {
            matches!(detach.detach_partition_option(), Some(DetachPartitionOption::DetachConcurrently(_)))
        }
        _ => false,
    })
}

fn refreshes(action: Subscription) -> bool {
    let options = match action {
        Subscription::RefreshPublication(_) => return true,
        Subscription::AddPublication(add) => add.with_params(),
        Subscription::SetPublication(set) => set.with_params(),
        Subscription::DropSubscriptionPublication(drop) => drop.with_params(),
        _ => return false,
    };
    !is_option_off(options.as_ref(), "refresh")
}

/// Whether `WITH (…)` turns an option off.
fn is_option_off(options: Option<&WithParams>, name: &str) -> bool {
    let Some(list) = options.and_then(WithParams::attribute_list) else { return false };
    list.attribute_options().any(|option| {
        option.name().is_some_and(|written| written.syntax().text().to_string().eq_ignore_ascii_case(name))
            && option.attribute_value().is_some_and(|value| is_off(&value.syntax().text().to_string()))
    })
}

fn ends_transaction(block: &Do) -> bool {
    block.plpgsql().is_some_and(|body| {
        body.syntax()
            .descendants()
            .any(|node| PlpgsqlCommitStmt::can_cast(node.kind()) || PlpgsqlRollbackStmt::can_cast(node.kind()))
    })
}

/// Decides from the first words. If they are ambiguous, `Forbidden` is the safer answer.
fn of_words(words: &[String]) -> Transaction {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["begin", ..] => Control("BEGIN"),
        ["start", "transaction", ..] => Control("START TRANSACTION"),
        ["commit", "prepared", ..] => Control("COMMIT PREPARED"),
        ["commit", ..] => Control("COMMIT"),
        ["end", ..] => Control("END"),
        ["rollback", "prepared", ..] => Control("ROLLBACK PREPARED"),
        ["rollback" | "abort", rest @ ..] if !rest.contains(&"to") => Control("ROLLBACK"),
        ["prepare", "transaction", ..] => Control("PREPARE TRANSACTION"),
        ["create", "database", ..] => Forbidden("CREATE DATABASE"),
        ["drop", "database", ..] => Forbidden("DROP DATABASE"),
        ["create", "tablespace", ..] => Forbidden("CREATE TABLESPACE"),
        ["drop", "tablespace", ..] => Forbidden("DROP TABLESPACE"),
        ["create", "subscription", ..] => Forbidden("CREATE SUBSCRIPTION"),
        ["drop", "subscription", ..] => Forbidden("DROP SUBSCRIPTION"),
        ["alter", "system", ..] => Forbidden("ALTER SYSTEM"),
        ["vacuum", ..] => Forbidden("VACUUM"),
        ["discard", "all"] => Forbidden("DISCARD ALL"),
        ["create", "index", "concurrently", ..] | ["create", "unique", "index", "concurrently", ..] => {
            Forbidden("CREATE INDEX CONCURRENTLY")
        }
        ["drop", "index", "concurrently", ..] => Forbidden("DROP INDEX CONCURRENTLY"),
        ["reindex", rest @ ..] if rest.contains(&"concurrently") => Forbidden("REINDEX CONCURRENTLY"),
        _ => Allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::statement::analyse_one;

    fn of_sql(sql: &str) -> Transaction {
        analyse_one(sql).transaction
    }

    #[test]
    fn most_statements_are_allowed() {
        for sql in [
            "CREATE INDEX concurrently_ix ON t (a)",
            "CREATE TABLE \"create index concurrently\" (a int)",
            "DROP INDEX ix",
            "REINDEX TABLE t",
            "REINDEX (VERBOSE) INDEX ix",
            "REINDEX (CONCURRENTLY false) INDEX ix",
            "CLUSTER t",
            "CLUSTER t USING ix",
            "CLUSTER ix ON t",
            "ANALYZE",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
            "ALTER TYPE mood ADD VALUE 'calm'",
            "ALTER DATABASE d SET work_mem = '1MB'",
            "ALTER TABLE t DETACH PARTITION p",
            "ALTER TABLE t DETACH PARTITION p FINALIZE",
            "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)",
            "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = off, enabled = false)",
            "ALTER SUBSCRIPTION s DISABLE",
            "ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)",
            "SAVEPOINT a",
            "ROLLBACK TO SAVEPOINT a",
            "ROLLBACK TO a",
            "RELEASE a",
            "DISCARD PLANS",
            "DO $$ BEGIN PERFORM 1; END $$",
            "PREPARE p AS SELECT 1",
            "SELECT 'VACUUM'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
            "this is no SQL at all",
        ] {
            assert_eq!(of_sql(sql), Allowed, "{sql}");
        }
    }

    #[test]
    fn statements_that_the_server_forbids_are_named() {
        for (sql, name) in [
            ("create /* x */ unique index -- y\n concurrently if not exists ix on t (a)", "CREATE INDEX CONCURRENTLY"),
            ("CREATE INDEX CONCURRENTLY ON t (a)", "CREATE INDEX CONCURRENTLY"),
            ("DROP INDEX CONCURRENTLY IF EXISTS a", "DROP INDEX CONCURRENTLY"),
            ("REINDEX INDEX CONCURRENTLY ix", "REINDEX CONCURRENTLY"),
            ("REINDEX (CONCURRENTLY) TABLE t", "REINDEX CONCURRENTLY"),
            ("REINDEX (VERBOSE, CONCURRENTLY true) TABLE t", "REINDEX CONCURRENTLY"),
            ("REINDEX DATABASE d", "REINDEX DATABASE"),
            ("REINDEX SYSTEM d", "REINDEX SYSTEM"),
            ("REINDEX SCHEMA s", "REINDEX SCHEMA"),
            ("VACUUM", "VACUUM"),
            ("VACUUM (ANALYZE, FULL) t", "VACUUM"),
            ("CREATE DATABASE d", "CREATE DATABASE"),
            ("DROP DATABASE IF EXISTS d WITH (FORCE)", "DROP DATABASE"),
            ("ALTER DATABASE d SET TABLESPACE s", "ALTER DATABASE SET TABLESPACE"),
            ("CREATE TABLESPACE s LOCATION '/x'", "CREATE TABLESPACE"),
            ("DROP TABLESPACE s", "DROP TABLESPACE"),
            ("ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM"),
            ("CLUSTER", "CLUSTER without a table"),
            ("CLUSTER VERBOSE", "CLUSTER without a table"),
            ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "DETACH PARTITION CONCURRENTLY"),
            (
                "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
                "CREATE SUBSCRIPTION that creates a replication slot",
            ),
            ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", "ALTER SUBSCRIPTION that refreshes"),
            ("ALTER SUBSCRIPTION s SET PUBLICATION p", "ALTER SUBSCRIPTION that refreshes"),
            ("DROP SUBSCRIPTION s", "DROP SUBSCRIPTION"),
            ("DISCARD ALL", "DISCARD ALL"),
            ("DO $$ BEGIN DELETE FROM t; COMMIT; END $$", "DO that commits or rolls back"),
        ] {
            assert_eq!(of_sql(sql), Forbidden(name), "{sql}");
        }
    }

    #[test]
    fn transaction_control_is_named() {
        for (sql, name) in [
            ("begin", "BEGIN"),
            ("BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN"),
            ("START TRANSACTION READ ONLY", "START TRANSACTION"),
            ("COMMIT", "COMMIT"),
            ("COMMIT AND CHAIN", "COMMIT"),
            ("END", "END"),
            ("ROLLBACK WORK", "ROLLBACK"),
            ("ABORT", "ABORT"),
            ("PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION"),
            ("COMMIT PREPARED 'x'", "COMMIT PREPARED"),
            ("ROLLBACK PREPARED 'x'", "ROLLBACK PREPARED"),
        ] {
            assert_eq!(of_sql(sql), Control(name), "{sql}");
        }
    }

    #[test]
    fn words_decide_if_the_parser_fails() {
        for (sql, expected) in [
            ("CREATE DATABASE d WITH ???", Forbidden("CREATE DATABASE")),
            ("CREATE UNIQUE INDEX CONCURRENTLY ???", Forbidden("CREATE INDEX CONCURRENTLY")),
            ("VACUUM ???", Forbidden("VACUUM")),
            ("COMMIT ???", Control("COMMIT")),
            ("ROLLBACK TO ???", Allowed),
            (&format!("VACUUM {}", "(".repeat(100_000)), Forbidden("VACUUM")),
        ] {
            assert_eq!(of_sql(sql), expected, "{}", &sql[..20.min(sql.len())]);
        }
    }
}
