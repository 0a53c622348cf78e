//! `DROP MATERIALIZED VIEW`: the rows that it holds.

use squawk_syntax::ast::{AstNode, DropMaterializedView};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule =
    Rule { code: "DL105", class: Class::DataLoss, title: "drops materialized view", page: PAGE, check };

const PAGE: &str = "\
DL105 drops materialized view

A materialized view holds rows of its own. What it was computed from may be gone since, so that making the
view again need not give the same rows.

What is counted: the rows that the view holds now.

What to do instead: where its sources are all still there, drop it and accept this; otherwise copy its rows
to a table first.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let Some(drop) = part.cast::<DropMaterializedView>() else { return Vec::new() };
    drop.view_refs().filter_map(|name| Name::of(name.syntax())).map(Target::table).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DROP MATERIALIZED VIEW IF EXISTS s.totals, b", &["DL105 s.totals", "DL105 b"]),
            ("REFRESH MATERIALIZED VIEW s.totals", &[]),
            ("DROP VIEW totals", &[]),
        ]);
    }
}
