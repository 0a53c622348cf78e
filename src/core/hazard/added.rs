//! Columns that the script itself adds to tables that stand: what was put into them came from it as well.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{
    AddColumn, AlterColumnOption, AlterTable, AlterTableAction, AstNode, Constraint, SetClause, SetSingleColumn, Stmt,
};

use super::context::{Context, type_text};
use super::name::Name;
use super::part::Part;

/// A column that was added, by the table's name as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Added {
    table: Name,
    column: String,
    /// Whether every row that was there has NULL in it.
    is_null: bool,
}

impl Context {
    /// Whether the column was added above, beyond doubt.
    pub fn is_added(&self, table: &Name, column: &str) -> bool {
        self.added.iter().any(|added| added.table == *table && added.column == column)
    }

    /// Whether the column was added above and nothing was put into it, so that every row has NULL there.
    pub fn is_all_null(&self, table: &Name, column: &str) -> bool {
        self.added.iter().any(|added| added.table == *table && added.column == column && added.is_null)
    }

    /// Takes from a statement what it adds and fills.
    pub(super) fn learn_added(&mut self, statement: Option<&Stmt>, parts: &[Part]) {
        let below = |part: &Part| match part {
            Part::Unreadable(_) => true,
            Part::Node(node) => {
                AlterTable::can_cast(node.kind()) && statement.is_none_or(|statement| statement.syntax() != node)
            }
        };
        // What a block does to tables is not followed, nor what renames do.
        if parts.iter().any(below) {
            self.added.clear();
        }
        for set in parts.iter().filter_map(Part::cast::<SetClause>) {
            self.updated(&set);
        }
        if let Some(Stmt::AlterTable(alter)) = statement
            && let Some(table) = alter.table_relation_name().and_then(|name| Name::of(name.syntax()))
        {
            alter.actions().for_each(|action| self.altered(&table, action));
        }
    }

    fn altered(&mut self, table: &Name, action: AlterTableAction) {
        match action {
            AlterTableAction::AddColumn(add) if add.if_not_exists().is_none() => {
                let column = add.column_name().and_then(|name| Name::of(name.syntax()));
                if let Some(column) = column {
                    let is_null = starts_null(&add);
                    self.added.push(Added { table: table.clone(), column: column.name, is_null });
                }
            }
            AlterTableAction::AlterColumn(alter) => {
                let column = alter.column_name_ref().and_then(|name| Name::of(name.syntax()));
                let refills = matches!(alter.option(), Some(AlterColumnOption::SetType(_)));
                if let Some(column) = column.filter(|_| refills) {
                    self.filled(&column.name);
                }
            }
            AlterTableAction::DropColumn(_)
            | AlterTableAction::RenameColumn(_)
            | AlterTableAction::TableRenameTo(_)
            | AlterTableAction::SetSchema(_)
            | AlterTableAction::InheritTable(_)
            | AlterTableAction::AttachPartition(_) => self.added.clear(),
            _ => {}
        }
    }

    /// An UPDATE may name the table in another way, so that the column's name alone counts.
    fn updated(&mut self, clause: &SetClause) {
        let single = clause.syntax().descendants().filter_map(SetSingleColumn::cast);
        let nothing: Vec<SyntaxNode> = single
            .filter(|set| set.set_expr().is_some_and(|value| is_null(value.syntax())))
            .filter_map(|set| Some(set.column_target()?.syntax().clone()))
            .collect();
        let targets = clause.syntax().descendants().filter_map(squawk_syntax::ast::ColumnTarget::cast);
        for target in targets.filter(|target| !nothing.contains(target.syntax())) {
            if let Some(column) = target.syntax().first_child().and_then(|name| Name::of(&name)) {
                self.filled(&column.name);
            }
        }
    }

    fn filled(&mut self, column: &str) {
        self.added.iter_mut().filter(|added| added.column == column).for_each(|added| added.is_null = false);
    }
}

/// Whether a new column begins as NULL. A type that is not built in may be a domain with a default.
fn starts_null(add: &AddColumn) -> bool {
    let Some(ty) = add.ty() else { return false };
    let is_plain = super::cast::TypeName::parse(&type_text(&ty)).is_built_in() && !type_text(&ty).contains("serial");
    is_plain
        && add.constraints().all(|constraint| match constraint {
            Constraint::GeneratedConstraint(_) => false,
            Constraint::DefaultConstraint(default) => default.expr().is_some_and(|value| is_null(value.syntax())),
            _ => true,
        })
}

fn is_null(value: &SyntaxNode) -> bool {
    let text = value.text().to_string().to_lowercase();
    text.trim() == "null" || text.trim().starts_with("null::")
}
