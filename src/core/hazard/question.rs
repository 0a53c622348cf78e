//! What is asked of the rows of a table, beyond how many there are.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{
    AstNode, ColumnNameRef, Constraint, ConstraintColumnRefList, CreateIndex, ForeignKeyColumnList,
    ForeignKeyConstraint, NullsNotDistinct,
};

use super::name::Name;
use super::narrow::Narrow;

/// One question; names are unquoted, expressions are SQL as the statement writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The values of a column that a change of its type does not leave as they are.
    Cast {
        column: String,
        to: String,
        /// The types that `USING` casts it to on the way.
        chain: Vec<String>,
        /// Whether only those count that the new type refuses.
        refused: bool,
    },
    /// The NULLs of a column that stands.
    Nulls { column: String },
    /// The rows, all of which have NULL in a column that the script itself adds.
    AllNull { column: String },
    /// The rows that have the same keys as another, beyond the first of each.
    Duplicates {
        keys: Vec<String>,
        condition: Option<String>,
        /// Whether rows with NULLs are alike.
        alike: bool,
        /// Whether a NULL is refused as well.
        strict: bool,
    },
    /// The rows that refer to nothing; without `others` to the primary key.
    Orphans { columns: Vec<String>, schema: Option<String>, table: String, others: Vec<String> },
    /// The rows of which the expression is false.
    Check { expression: String },
    /// The rows that break a constraint that stands NOT VALID.
    Constraint { name: String },
    /// The rows that a DELETE or UPDATE takes by its condition; of an UPDATE those with a value in the column.
    Taken { column: Option<String>, rows: Narrow },
}

impl Question {
    /// What is counted, in one word.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Cast { .. } => "value",
            Self::Nulls { .. } | Self::AllNull { .. } => "NULL",
            Self::Duplicates { .. } => "duplicate",
            Self::Orphans { .. } => "orphan",
            Self::Check { .. } | Self::Constraint { .. } => "breaking row",
            Self::Taken { column, .. } => {
                if column.is_some() {
                    "value"
                } else {
                    "row"
                }
            }
        }
    }

    /// The columns that it names, as far as it does.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Cast { column, .. } | Self::Nulls { column } => vec![column],
            Self::Duplicates { keys, .. } => keys.iter().map(|key| key.trim_matches('"')).collect(),
            Self::Orphans { columns, .. } => columns.iter().map(String::as_str).collect(),
            Self::Taken { column, .. } => column.iter().map(String::as_str).collect(),
            Self::AllNull { .. } | Self::Check { .. } | Self::Constraint { .. } => Vec::new(),
        }
    }

    /// What a constraint that is added asks; `None` where that cannot be counted.
    pub(super) fn of(constraint: &Constraint) -> Option<Self> {
        let node = constraint.syntax();
        match constraint {
            Constraint::CheckConstraint(check) => {
                Some(Self::Check { expression: check.expr()?.syntax().text().to_string() })
            }
            Constraint::UniqueConstraint(_) => {
                let alike = node.descendants().any(|child| NullsNotDistinct::can_cast(child.kind()));
                Some(Self::Duplicates { keys: quoted(&keys(node)?), condition: None, alike, strict: false })
            }
            Constraint::PrimaryKeyConstraint(key) if key.using_index().is_none() => {
                let keys = quoted(&keys(node)?);
                Some(Self::Duplicates { keys, condition: None, alike: false, strict: true })
            }
            Constraint::ForeignKeyConstraint(key) => orphans(key),
            _ => None,
        }
    }

    /// What a unique index asks. Collations and operator classes of its own make other values alike.
    pub(super) fn of_index(create: &CreateIndex) -> Option<Self> {
        let items: Vec<_> = create.partition_item_list()?.partition_items().collect();
        if items.iter().any(|item| item.collate().is_some() || item.op_class_ref().is_some()) {
            return None;
        }
        let keys = items.iter().map(|item| Some(item.expr()?.syntax().text().to_string())).collect::<Option<_>>()?;
        let condition = create.where_clause().and_then(|clause| clause.syntax().children().next());
        let alike = create.syntax().descendants().any(|child| NullsNotDistinct::can_cast(child.kind()));
        Some(Self::Duplicates { keys, condition: condition.map(|node| node.text().to_string()), alike, strict: false })
    }
}

fn orphans(key: &ForeignKeyConstraint) -> Option<Question> {
    if key.match_type().is_some() {
        return None;
    }
    // With PERIOD they are compared otherwise.
    let mut lists = key.syntax().children().filter(|child| ForeignKeyColumnList::can_cast(child.kind()));
    let first = lists.next().filter(|list| !list.text().to_string().to_lowercase().contains("period"))?;
    let other = Name::of(key.table_name_ref()?.syntax())?;
    let others = lists.next().map(|list| columns(&list)).unwrap_or_default();
    Some(Question::Orphans { columns: columns(&first), schema: other.schema, table: other.name, others })
}

/// The keys of a constraint; none where they are compared otherwise than by being the same.
fn keys(node: &SyntaxNode) -> Option<Vec<String>> {
    let list = node.descendants().find(|child| ConstraintColumnRefList::can_cast(child.kind()))?;
    let overlaps = node.text().to_string().to_lowercase().contains("overlaps");
    Some(columns(&list)).filter(|keys| !keys.is_empty() && !overlaps)
}

fn columns(list: &SyntaxNode) -> Vec<String> {
    let names = list.descendants().filter(|node| ColumnNameRef::can_cast(node.kind()));
    names.filter_map(|node| Some(Name::of(&node)?.name)).collect()
}

fn quoted(columns: &[String]) -> Vec<String> {
    columns.iter().map(|column| format!("\"{}\"", column.replace('"', "\"\""))).collect()
}
