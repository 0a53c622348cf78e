//! What PostgreSQL refuses inside a transaction block, and what opens or closes one.
//!
//! The list is that of the server's own calls of `PreventInTransactionBlock`. What only the catalog knows
//! (an index of a partitioned table that is reindexed, a procedure that commits) is not told here.

use squawk_syntax::ast::{
    AlterDatabaseAction, AlterSubscriptionAction as Subscription, AlterTable, AlterTableAction, AstNode, Cluster,
    Commit, DetachPartitionOption, DiscardTarget, Do, PlpgsqlCommitStmt, PlpgsqlRollbackStmt, Reindex, ReindexOption,
    ReindexTarget, Rollback, Stmt, WithParams,
};

use super::Transactional::{self, Control, No, Yes};
use super::tree;

/// The first words of all statements that are told here. The others, long INSERTs among them, need no tree.
const MAY_BE_REFUSED: [&str; 16] = [
    "abort", "alter", "begin", "cluster", "commit", "create", "discard", "do", "drop", "end", "prepare", "reindex",
    "repack", "rollback", "start", "vacuum",
];

/// Whether PostgreSQL runs this statement inside a transaction block.
#[must_use]
pub fn transactional(statement: &str) -> Transactional {
    let words = tree::leading_words(statement);
    if words.first().is_none_or(|word| !MAY_BE_REFUSED.contains(&word.as_str())) {
        return Yes;
    }
    let by_tree = tree::parse(statement).map(|tree| (of_tree(&tree.statement), tree.complete));
    match by_tree {
        Some((answer, complete)) if complete || answer != Yes => answer,
        _ => of_words(&words),
    }
}

fn of_tree(statement: &Stmt) -> Transactional {
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
        Stmt::CreateDatabase(_) => No("CREATE DATABASE"),
        Stmt::DropDatabase(_) => No("DROP DATABASE"),
        Stmt::CreateTablespace(_) => No("CREATE TABLESPACE"),
        Stmt::DropTablespace(_) => No("DROP TABLESPACE"),
        Stmt::AlterSystem(_) => No("ALTER SYSTEM"),
        Stmt::Vacuum(_) => No("VACUUM"),
        Stmt::DropSubscription(_) => No("DROP SUBSCRIPTION"),
        other => of_options(other),
    }
}

/// Statements that are refused only in some of their forms.
fn of_options(statement: &Stmt) -> Transactional {
    let (refused, name) = match statement {
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
            let creates_slot = !is_off(options.as_ref(), "connect") && !is_off(options.as_ref(), "create_slot");
            (creates_slot, "CREATE SUBSCRIPTION that creates a replication slot")
        }
        Stmt::AlterSubscription(alter) => (alter.action().is_some_and(refreshes), "ALTER SUBSCRIPTION that refreshes"),
        Stmt::Discard(discard) => {
            (matches!(discard.discard_target(), Some(DiscardTarget::DiscardAll(_))), "DISCARD ALL")
        }
        Stmt::Do(block) => (ends_transaction(block), "DO that commits or rolls back"),
        _ => (false, ""),
    };
    if refused { No(name) } else { Yes }
}

fn of_reindex(reindex: &Reindex) -> Transactional {
    let listed = reindex.reindex_option_list().is_some_and(|list| {
        list.reindex_options().any(|option| match option {
            ReindexOption::ReindexOptionConcurrently(option) => !is_off_word(&option.syntax().text().to_string()),
            _ => false,
        })
    });
    let (keyword, whole) = match reindex.reindex_target() {
        Some(ReindexTarget::ReindexTargetDatabase(target)) => (target.concurrently_token(), Some("REINDEX DATABASE")),
        Some(ReindexTarget::ReindexTargetSystem(target)) => (target.concurrently_token(), Some("REINDEX SYSTEM")),
        Some(ReindexTarget::ReindexTargetSchema(target)) => (target.concurrently_token(), Some("REINDEX SCHEMA")),
        Some(ReindexTarget::ReindexTargetIndex(target)) => (target.concurrently_token(), None),
        Some(ReindexTarget::ReindexTargetTable(target)) => (target.concurrently_token(), None),
        None => (None, None),
    };
    match whole {
        Some(name) => No(name),
        None if listed || keyword.is_some() => No("REINDEX CONCURRENTLY"),
        None => Yes,
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
    !is_off(options.as_ref(), "refresh")
}

/// Whether `WITH (…)` turns an option off.
fn is_off(options: Option<&WithParams>, name: &str) -> bool {
    let Some(list) = options.and_then(WithParams::attribute_list) else { return false };
    list.attribute_options().any(|option| {
        option.name().is_some_and(|written| written.syntax().text().to_string().eq_ignore_ascii_case(name))
            && option.attribute_value().is_some_and(|value| is_off_word(&value.syntax().text().to_string()))
    })
}

/// Whether the last word of an option is one of those that the server reads as false.
fn is_off_word(option: &str) -> bool {
    let last = option.split(|c: char| c.is_whitespace() || c == '=').next_back().unwrap_or_default();
    let word = last.trim_matches('\'').to_lowercase();
    ["false", "off", "0", "no"].contains(&word.as_str())
}

fn ends_transaction(block: &Do) -> bool {
    block.plpgsql().is_some_and(|body| {
        body.syntax()
            .descendants()
            .any(|node| PlpgsqlCommitStmt::can_cast(node.kind()) || PlpgsqlRollbackStmt::can_cast(node.kind()))
    })
}

/// Where the parser makes nothing of a statement, its first words decide, and a refusal is the safer guess.
fn of_words(words: &[String]) -> Transactional {
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
        ["create", "database", ..] => No("CREATE DATABASE"),
        ["drop", "database", ..] => No("DROP DATABASE"),
        ["create", "tablespace", ..] => No("CREATE TABLESPACE"),
        ["drop", "tablespace", ..] => No("DROP TABLESPACE"),
        ["create", "subscription", ..] => No("CREATE SUBSCRIPTION"),
        ["drop", "subscription", ..] => No("DROP SUBSCRIPTION"),
        ["alter", "system", ..] => No("ALTER SYSTEM"),
        ["vacuum", ..] => No("VACUUM"),
        ["discard", "all"] => No("DISCARD ALL"),
        ["create", "index", "concurrently", ..] | ["create", "unique", "index", "concurrently", ..] => {
            No("CREATE INDEX CONCURRENTLY")
        }
        ["drop", "index", "concurrently", ..] => No("DROP INDEX CONCURRENTLY"),
        ["reindex", rest @ ..] if rest.contains(&"concurrently") => No("REINDEX CONCURRENTLY"),
        _ => Yes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_inside_a_transaction() {
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
            assert_eq!(transactional(sql), Yes, "{sql}");
        }
    }

    #[test]
    fn what_the_server_refuses_there() {
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
            assert_eq!(transactional(sql), No(name), "{sql}");
        }
    }

    #[test]
    fn what_opens_or_closes_a_transaction() {
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
            assert_eq!(transactional(sql), Control(name), "{sql}");
        }
    }

    #[test]
    fn words_decide_where_the_parser_gives_up() {
        for (sql, expected) in [
            ("CREATE DATABASE d WITH ???", No("CREATE DATABASE")),
            ("CREATE UNIQUE INDEX CONCURRENTLY ???", No("CREATE INDEX CONCURRENTLY")),
            ("VACUUM ???", No("VACUUM")),
            ("COMMIT ???", Control("COMMIT")),
            ("ROLLBACK TO ???", Yes),
            (&format!("VACUUM {}", "(".repeat(100_000)), No("VACUUM")),
        ] {
            assert_eq!(transactional(sql), expected, "{}", &sql[..20.min(sql.len())]);
        }
    }
}
