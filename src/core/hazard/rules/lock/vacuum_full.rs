//! `VACUUM FULL`, `CLUSTER` and `REPACK`: tables are written anew under ACCESS EXCLUSIVE.

use squawk_syntax::ast::{AstNode, Cluster, Repack, Vacuum};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "LK305", class: Class::Lock, title: "rewrites table", page: PAGE, check };

const PAGE: &str = "\
LK305 rewrites table

The table and its indexes are written anew, in order or without gaps, and nobody reads or writes it meanwhile.
Without a table every table of the database is, one after the other.

What is counted: the rows of each table that is named.

What to do instead: plain VACUUM gives the room back to the table without holding anybody up.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let tables = if let Some(vacuum) = part.cast::<Vacuum>() {
        is_full(&vacuum).then(|| {
            vacuum
                .table_and_columns_list()
                .into_iter()
                .flat_map(|list| list.table_and_columnss())
                .filter_map(|table| Name::of(table.table_relation_name()?.syntax()))
                .collect::<Vec<_>>()
        })
    } else if let Some(cluster) = part.cast::<Cluster>() {
        let legacy = cluster.cluster_legacy().and_then(|legacy| legacy.syntax().children().last());
        let table = cluster.table_name_ref().map(|table| table.syntax().clone()).or(legacy);
        Some(table.and_then(|table| Name::of(&table)).into_iter().collect())
    } else {
        part.cast::<Repack>().map(|repack| {
            repack
                .table_and_columns_list()
                .into_iter()
                .flat_map(|list| list.table_and_columnss())
                .filter_map(|table| Name::of(table.table_relation_name()?.syntax()))
                .collect()
        })
    };
    match tables {
        None => Vec::new(),
        Some(tables) if tables.is_empty() => vec![Target::named(String::from("every table"))],
        Some(tables) => tables.into_iter().filter(|table| !context.is_new(table)).map(Target::table).collect(),
    }
}

fn is_full(vacuum: &Vacuum) -> bool {
    let listed = vacuum.vacuum_option_list().is_some_and(|list| {
        list.vacuum_options().any(|option| {
            let text = option.syntax().text().to_string().to_lowercase();
            let mut words = text.split_whitespace();
            words.next() == Some("full")
                && !words.next().is_some_and(|value| ["false", "off", "0", "no"].contains(&value))
        })
    });
    vacuum.full_token().is_some() || listed
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK305",
            &[
                ("VACUUM FULL t", &["t"]),
                ("VACUUM (ANALYZE, FULL) s.t, u", &["s.t", "u"]),
                ("VACUUM FULL", &["every table"]),
                ("CLUSTER t USING i", &["t"]),
                ("CLUSTER i ON t", &["t"]),
                ("CLUSTER", &["every table"]),
                ("VACUUM t", &[]),
                ("VACUUM (FULL false) t", &[]),
                ("ANALYZE t", &[]),
                ("ALTER TABLE t CLUSTER ON i", &[]),
            ],
        );
    }
}
