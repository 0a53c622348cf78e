//! What an ALTER TABLE does, action by action.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{
    AddColumn, AlterColumnOption, AlterTable, AlterTableAction, AstNode, Constraint, NotEnforced, NotValid, SetType,
    Type,
};

use super::cast::{self, Cast};
use super::context::{Context, type_text};
use super::name::Name;
use super::part::Part;
use super::question::Question;

/// The actions of an ALTER TABLE, each with the table.
pub fn actions(part: &Part) -> Vec<(Name, AlterTableAction)> {
    let Some(alter) = part.cast::<AlterTable>() else { return Vec::new() };
    let table = alter.table_relation_name().and_then(|name| Name::of(name.syntax()));
    let Some(table) = table else { return Vec::new() };
    alter.actions().map(|action| (table.clone(), action)).collect()
}

/// The actions on tables that were there before.
pub fn standing(part: &Part, context: &Context) -> Vec<(Name, AlterTableAction)> {
    actions(part).into_iter().filter(|(table, _)| !context.is_new(table)).collect()
}

/// The columns that are added, with their tables.
pub fn added_columns(part: &Part) -> Vec<(Name, AddColumn)> {
    let columns = actions(part).into_iter().filter_map(|(table, action)| match action {
        AlterTableAction::AddColumn(add) => Some((table, add)),
        _ => None,
    });
    columns.collect()
}

/// The constraints that are added to tables, by ADD CONSTRAINT or with a new column.
pub fn added_constraints(part: &Part) -> Vec<(Name, Constraint)> {
    let constraints = actions(part).into_iter().flat_map(|(table, action)| {
        let constraints: Vec<Constraint> = match action {
            AlterTableAction::AddConstraint(add) => add.constraint().into_iter().collect(),
            AlterTableAction::AddColumn(add) => add.constraints().collect(),
            _ => Vec::new(),
        };
        constraints.into_iter().map(move |constraint| (table.clone(), constraint))
    });
    constraints.collect()
}

/// What ALTER COLUMN does, with table and column.
pub fn column_options(part: &Part) -> Vec<(Name, Name, AlterColumnOption)> {
    let options = actions(part).into_iter().filter_map(|(table, action)| match action {
        AlterTableAction::AlterColumn(alter) => {
            Some((table, Name::of(alter.column_name_ref()?.syntax())?, alter.option()?))
        }
        _ => None,
    });
    options.collect()
}

/// A column that gets another type.
pub struct Retyped {
    pub table: Name,
    pub column: Name,
    pub change: SetType,
    pub ty: Type,
}

impl Retyped {
    /// What becomes of the values, as far as the script tells the old type.
    pub fn cast(&self, context: &Context) -> Cast {
        let (to, using) = (type_text(&self.ty), self.using());
        // Another column's values take the place of this one's.
        if self.question(false).is_none() {
            return Cast::Unknown;
        }
        match context.column_type(&self.table, &self.column.name) {
            Some(from) => cast::loses(from, &to, using.as_deref()),
            None => cast::into(&to, using.as_deref()),
        }
    }

    /// Whether a value may be refused.
    pub fn may_refuse(&self, context: &Context) -> bool {
        let (to, using) = (type_text(&self.ty), self.using());
        match context.column_type(&self.table, &self.column.name) {
            Some(from) => cast::may_refuse(from, &to, using.as_deref()),
            None => cast::into(&to, using.as_deref()) != Cast::Safe,
        }
    }

    /// Whether the table may be written anew.
    pub fn rewrites(&self, context: &Context) -> bool {
        let from = context.column_type(&self.table, &self.column.name);
        from.is_none_or(|from| cast::rewrites(from, &type_text(&self.ty), self.using().as_deref()))
    }

    /// The column as the statement names it.
    pub fn object(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// What its values are asked; `None` where USING is no plain cast of the column.
    pub fn question(&self, refused: bool) -> Option<Question> {
        let chain = match self.using() {
            Some(using) => cast::chain_of(&using, &self.column.name)?,
            None => Vec::new(),
        };
        Some(Question::Cast { column: self.column.name.clone(), to: type_text(&self.ty), chain, refused })
    }

    fn using(&self) -> Option<String> {
        let expression = self.change.using_expr().and_then(|using| using.expr());
        expression.map(|expression| expression.syntax().text().to_string())
    }
}

/// The columns that get another type.
pub fn retyped(part: &Part) -> Vec<Retyped> {
    let changes = column_options(part).into_iter().filter_map(|(table, column, option)| match option {
        AlterColumnOption::SetType(change) => Some(Retyped { ty: change.ty()?, table, column, change }),
        _ => None,
    });
    changes.collect()
}

/// Whether a constraint is NOT VALID or NOT ENFORCED, so that rows that stand are not looked at.
pub fn passes_rows_by(constraint: &SyntaxNode) -> bool {
    constraint.children().any(|child| NotValid::can_cast(child.kind()) || NotEnforced::can_cast(child.kind()))
}

/// The name of a constraint, where it has one; else its beginning.
pub fn constraint_name(table: &Name, constraint: &SyntaxNode) -> String {
    use squawk_syntax::ast::ConstraintNameClause;
    let clause = constraint.children().find_map(ConstraintNameClause::cast);
    let name = clause.and_then(|clause| clause.syntax().children().last()).and_then(|name| Name::of(&name));
    name.map_or_else(|| table.to_string(), |name| format!("{table}.{name}"))
}
