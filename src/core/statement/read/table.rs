//! Reads `ALTER TABLE` and `CREATE TABLE`.

use squawk_syntax::ast::{
    self, AlterColumnOption, AlterTableAction, AstNode, Constraint, DetachPartitionOption, DropBehavior, GeneratedAs,
    IntoClause, OnCommit, OnCommitAction, Persistence, TableArg, TriggerTarget,
};
use squawk_syntax::{SyntaxNode, ast::TableName};

use super::constraint::constraint;
use super::node::{has_if_not_exists, is_null, name, type_text};
use super::using::new_type;
use super::volatile::is_volatile;
use crate::core::statement::Name;
use crate::core::statement::action::{
    Action, AddColumn, AlterTable, ColumnChange, CreateTable, DefaultValue, TableChange, Triggers,
};

/// `ALTER TABLE` with its clauses.
pub fn alter_table(alter: &ast::AlterTable) -> Option<Action> {
    let table = name(alter.table_relation_name())?;
    let changes = alter.actions().filter_map(|action| table_change(&action)).collect();
    Some(Action::AlterTable(AlterTable { table, changes }))
}

/// Reads a clause; `None` if the name of its object cannot be read.
fn table_change(action: &AlterTableAction) -> Option<TableChange> {
    Some(match action {
        AlterTableAction::AddColumn(add) => TableChange::AddColumn(add_column(add)?),
        AlterTableAction::DropColumn(drop) => {
            TableChange::DropColumn { column: name(drop.column_name_ref())?, cascade: cascades(drop.drop_behavior()) }
        }
        AlterTableAction::AlterColumn(alter) => TableChange::AlterColumn {
            column: name(alter.column_name_ref())?,
            change: column_change(&alter.option()?)?,
        },
        AlterTableAction::AddConstraint(add) => TableChange::AddConstraint(constraint(&add.constraint()?)),
        AlterTableAction::ValidateConstraint(validate) => {
            TableChange::ValidateConstraint { name: name(validate.constraint_name_ref())? }
        }
        AlterTableAction::DropConstraint(drop) => {
            let cascade = cascades(drop.drop_behavior());
            TableChange::DropConstraint { name: name(drop.constraint_name_ref())?, cascade }
        }
        AlterTableAction::TableRenameTo(rename) => TableChange::RenameTo { name: name(rename.table_name())? },
        AlterTableAction::RenameColumn(_) => TableChange::RenameColumn,
        AlterTableAction::SetSchema(set) => TableChange::SetSchema { schema: name(set.schema_ref())? },
        AlterTableAction::AttachPartition(attach) => {
            TableChange::AttachPartition { partition: name(attach.table_name_ref())? }
        }
        AlterTableAction::DetachPartition(detach) => {
            let concurrently = matches!(
                detach.detach_partition_option(),
                Some(DetachPartitionOption::DetachConcurrently(_) | DetachPartitionOption::DetachFinalize(_))
            );
            TableChange::DetachPartition { partition: name(detach.table_name_ref())?, concurrently }
        }
        AlterTableAction::InheritTable(_) => TableChange::Inherit,
        AlterTableAction::NoInheritTable(_) => TableChange::NoInherit,
        AlterTableAction::SetLogged(_) => TableChange::SetLogged,
        AlterTableAction::SetUnlogged(_) => TableChange::SetUnlogged,
        AlterTableAction::SetAccessMethod(_) => TableChange::SetAccessMethod,
        AlterTableAction::SetTablespace(_) => TableChange::SetTablespace,
        AlterTableAction::DisableTrigger(disable) => {
            TableChange::DisableTriggers(disabled_triggers(&disable.trigger_target()?)?)
        }
        AlterTableAction::EnableReplicaTrigger(enable) => {
            TableChange::DisableTriggers(Triggers::Named(name(enable.trigger_ref())?))
        }
        _ => TableChange::Other,
    })
}

fn disabled_triggers(target: &TriggerTarget) -> Option<Triggers> {
    Some(match target {
        TriggerTarget::All(_) => Triggers::All,
        TriggerTarget::User(_) => Triggers::User,
        TriggerTarget::TriggerRef(trigger) => Triggers::Named(name(Some(trigger.clone()))?),
    })
}

/// Whether the optional `CASCADE` or `RESTRICT` is `CASCADE`.
pub fn cascades(behavior: Option<DropBehavior>) -> bool {
    matches!(behavior, Some(DropBehavior::Cascade(_)))
}

fn column_change(option: &AlterColumnOption) -> Option<ColumnChange> {
    Some(match option {
        AlterColumnOption::SetType(change) => ColumnChange::SetType(new_type(change)?),
        AlterColumnOption::SetNotNull(_) => ColumnChange::SetNotNull,
        AlterColumnOption::DropDefault(_) => ColumnChange::DropDefault,
        AlterColumnOption::DropIdentity(_) => ColumnChange::DropIdentity,
        AlterColumnOption::DropExpression(_) => ColumnChange::DropExpression,
        AlterColumnOption::SetExpression(_) => ColumnChange::SetExpression,
        _ => ColumnChange::Other,
    })
}

fn add_column(add: &ast::AddColumn) -> Option<AddColumn> {
    let constraints: Vec<Constraint> = add.constraints().collect();
    let generated = constraints.iter().find_map(|constraint| match constraint {
        Constraint::GeneratedConstraint(generated) => Some(generated.generated_as()),
        _ => None,
    });
    let is_not_null = |constraint: &Constraint| {
        matches!(constraint, Constraint::NotNullConstraint(_) | Constraint::PrimaryKeyConstraint(_))
    };
    Some(AddColumn {
        name: name(add.column_name())?,
        if_not_exists: add.if_not_exists().is_some(),
        ty: add.ty().map(|ty| type_text(&ty)),
        default: default_value(&constraints),
        is_generated: generated.is_some(),
        is_stored: generated.is_some_and(is_stored),
        is_not_null: constraints.iter().any(is_not_null),
        constraints: constraints.iter().map(constraint).collect(),
    })
}

fn default_value(constraints: &[Constraint]) -> DefaultValue {
    let default = constraints.iter().find_map(|constraint| match constraint {
        Constraint::DefaultConstraint(default) => Some(default.expr()),
        _ => None,
    });
    match default {
        None => DefaultValue::None,
        Some(None) => DefaultValue::Volatile,
        Some(Some(value)) if is_null(value.syntax()) => DefaultValue::Null,
        Some(Some(value)) if is_volatile(value.syntax()) => DefaultValue::Volatile,
        Some(Some(_)) => DefaultValue::Constant,
    }
}

/// Whether it is an identity, or a generated column that is not marked VIRTUAL. (Without a keyword, the column is virtual
/// in PostgreSQL 18, and earlier versions reject it.)
fn is_stored(generated: Option<GeneratedAs>) -> bool {
    generated
        .is_some_and(|generated| !generated.syntax().text().to_string().trim_end().to_lowercase().ends_with("virtual"))
}

/// `CREATE TABLE`.
pub fn create_table(create: &ast::CreateTable) -> Option<Action> {
    let arguments = create.table_arg_list().into_iter().flat_map(|list| list.args());
    let columns = arguments.filter_map(|argument| match argument {
        TableArg::Column(column) => Some((name(column.name())?.name, type_text(&column.ty()?))),
        _ => None,
    });
    let columns = columns.collect();
    new_table(create.table_name(), create.syntax(), create.on_commit(), false, columns)
}

/// `CREATE TABLE AS`.
pub fn create_table_as(create: &ast::CreateTableAs) -> Option<Action> {
    new_table(create.table_name(), create.syntax(), create.on_commit(), true, Vec::new())
}

/// `SELECT INTO`.
pub fn select_into(select: &ast::SelectInto) -> Option<Action> {
    let table = select.into_clause().and_then(|into| into.table_name());
    new_table(table, select.syntax(), None, true, Vec::new())
}

fn new_table(
    table: Option<TableName>,
    node: &SyntaxNode,
    on_commit: Option<OnCommit>,
    has_rows: bool,
    columns: Vec<(String, String)>,
) -> Option<Action> {
    let loses_rows_on_commit = on_commit.is_some_and(|on_commit| {
        matches!(on_commit.on_commit_action(), Some(OnCommitAction::DeleteRows(_) | OnCommitAction::Drop(_)))
    });
    let into = node.children().filter(|child| IntoClause::can_cast(child.kind())).flat_map(|into| into.children());
    let temporary =
        node.children().chain(into).filter_map(Persistence::cast).any(|kind| matches!(kind, Persistence::Temp(_)));
    let name: Name = name(table)?;
    let if_not_exists = has_if_not_exists(node);
    Some(Action::CreateTable(CreateTable { name, if_not_exists, temporary, has_rows, columns, loses_rows_on_commit }))
}
