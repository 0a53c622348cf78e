//! Reads `CREATE INDEX`, `LOCK TABLE` and maintenance commands.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, LockMode, ReindexOption, ReindexTarget, TableAndColumnsList};

use super::constraint::index_duplicates;
use super::node::{name, names};
use crate::core::statement::Name;
use crate::core::statement::action::{self, Action, CreateIndex, Reindex};

/// `CREATE INDEX`.
pub fn create_index(create: &ast::CreateIndex) -> Option<Action> {
    let is_unique = create.unique_token().is_some();
    Some(Action::CreateIndex(CreateIndex {
        name: name(create.index()),
        table: name(create.table_relation_name())?,
        is_unique,
        concurrently: create.concurrently_token().is_some(),
        duplicates: if is_unique { index_duplicates(create) } else { None },
    }))
}

/// `REINDEX`.
pub fn reindex(reindex: &ast::Reindex) -> Option<Action> {
    let (target, keyword) = match reindex.reindex_target()? {
        ReindexTarget::ReindexTargetTable(target) => {
            (action::ReindexTarget::Table(name(target.table_name_ref())?), target.concurrently_token())
        }
        ReindexTarget::ReindexTargetIndex(target) => {
            (action::ReindexTarget::Index(name(target.index_ref())?), target.concurrently_token())
        }
        ReindexTarget::ReindexTargetSchema(target) => {
            (action::ReindexTarget::Schema(name(target.schema_ref())?), target.concurrently_token())
        }
        ReindexTarget::ReindexTargetDatabase(target) => (action::ReindexTarget::Database, target.concurrently_token()),
        ReindexTarget::ReindexTargetSystem(target) => (action::ReindexTarget::System, target.concurrently_token()),
    };
    Some(Action::Reindex(Reindex { target, concurrently: keyword.is_some() || has_concurrently_option(reindex) }))
}

/// Whether it is `REINDEX (CONCURRENTLY)`.
pub fn has_concurrently_option(reindex: &ast::Reindex) -> bool {
    reindex.reindex_option_list().is_some_and(|list| {
        list.reindex_options().any(|option| match option {
            ReindexOption::ReindexOptionConcurrently(option) => !is_off(&option.syntax().text().to_string()),
            _ => false,
        })
    })
}

/// Whether the value of an option means false.
pub fn is_off(option: &str) -> bool {
    let last = option.split(|c: char| c.is_whitespace() || c == '=').next_back().unwrap_or_default();
    let word = last.trim_matches('\'').to_lowercase();
    ["false", "off", "0", "no"].contains(&word.as_str())
}

/// `LOCK TABLE`.
pub fn lock_tables(lock: &ast::Lock) -> Action {
    let mode = lock.lock_mode_clause().and_then(|clause| clause.lock_mode());
    let tables = lock.relation_list().into_iter().flat_map(|list| list.relation_names());
    let is_shared = matches!(mode, Some(LockMode::AccessShare(_) | LockMode::RowShare(_)));
    Action::LockTables { tables: names(tables), is_shared }
}

/// `REFRESH MATERIALIZED VIEW`.
pub fn refresh(refresh: &ast::Refresh) -> Option<Action> {
    let concurrently = refresh.concurrently_token().is_some();
    Some(Action::RefreshMaterializedView { view: name(refresh.view_ref())?, concurrently })
}

/// `VACUUM FULL`, `CLUSTER` or `REPACK`.
pub fn rewrite_tables(node: &SyntaxNode) -> Option<Action> {
    let tables = if let Some(vacuum) = ast::Vacuum::cast(node.clone()) {
        if !is_full(&vacuum) {
            return None;
        }
        listed(vacuum.table_and_columns_list())
    } else if let Some(cluster) = ast::Cluster::cast(node.clone()) {
        let legacy = cluster.cluster_legacy().and_then(|legacy| legacy.syntax().children().last());
        let table = cluster.table_name_ref().map(|table| table.syntax().clone()).or(legacy);
        table.and_then(|table| Name::read(&table)).into_iter().collect()
    } else {
        listed(ast::Repack::cast(node.clone())?.table_and_columns_list())
    };
    Some(Action::RewriteTables { tables })
}

fn listed(list: Option<TableAndColumnsList>) -> Vec<Name> {
    let tables = list.into_iter().flat_map(|list| list.table_and_columnss());
    tables.filter_map(|table| name(table.table_relation_name())).collect()
}

fn is_full(vacuum: &ast::Vacuum) -> bool {
    let listed = vacuum.vacuum_option_list().is_some_and(|list| {
        list.vacuum_options().any(|option| {
            let text = option.syntax().text().to_string().to_lowercase();
            text.split_whitespace().next() == Some("full") && !is_off(&text)
        })
    });
    vacuum.full_token().is_some() || listed
}
