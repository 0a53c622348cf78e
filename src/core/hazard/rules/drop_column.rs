//! `ALTER TABLE … DROP COLUMN`: every value of the column.

use squawk_syntax::ast::{AlterTable, AlterTableAction, AstNode};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL103", class: Class::DataLoss, title: "drops column", page: PAGE, check };

const PAGE: &str = "\
DL103 drops column

DROP COLUMN takes the column's values. A downgrade can add the column again; without a copy it comes back
empty. With CASCADE, views, indexes and foreign keys that use the column go as well.

What is counted: the values that are not NULL. A column that holds none loses nothing.

What to do instead: stop writing the column in one release and drop it in the next. With `keep = true` limbeck
copies the values with the table's primary key, and a downgrade puts them back.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(alter) = part.cast::<AlterTable>() else { return Vec::new() };
    let Some(table) = alter.table_relation_name().and_then(|name| Name::of(name.syntax())) else { return Vec::new() };
    let columns = alter.actions().filter_map(|action| match action {
        AlterTableAction::DropColumn(drop) => Name::of(drop.column_name_ref()?.syntax()),
        _ => None,
    });
    columns.map(|column| Target::column(&table, column)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("ALTER TABLE functions DROP COLUMN legacy_code", &["DL103 functions.legacy_code"]),
            (
                "alter table only s.t add x int, drop if exists \"a.b\" cascade, alter c drop not null, drop \"D d\"",
                &["DL103 s.t.\"a.b\"", "DL103 s.t.\"D d\""],
            ),
            ("ALTER TABLE IF EXISTS \"T\" * DROP /* COLUMN x */ Id", &["DL103 \"T\".id"]),
            ("ALTER TABLE t DROP CONSTRAINT c", &[]),
            ("ALTER TABLE t ALTER c DROP DEFAULT, ALTER d DROP NOT NULL", &[]),
            ("ALTER FOREIGN TABLE t DROP COLUMN a", &[]),
            ("ALTER TABLE t RENAME COLUMN a TO b", &[]),
        ]);
    }
}
