//! `ALTER COLUMN … TYPE`: values that come out as others.

use crate::core::hazard::Class;
use crate::core::hazard::cast::Cast;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::{Retyped, retyped};

pub const RULE: Rule = Rule { code: "DL115", class: Class::DataLoss, title: "changes column type", page: PAGE, check };

const PAGE: &str = "\
DL115 changes column type

ALTER COLUMN … TYPE casts every value of the column, or computes it anew with USING. A cast to a smaller or a
different type changes values without a word: numeric to integer rounds, json to jsonb drops repeated keys,
timestamp to date cuts the time off. With USING the old values are whatever the expression leaves of them.

What is counted: the values that come out as others or are refused, each tried. With a USING that is no plain
cast of the column, and between types that are not built in, all values that are not NULL. A change that keeps
every value (integer to bigint, varchar to text) is not found, where the script or the target tells the old type.

What to do instead: add a column of the new type, fill it, and drop the old one a release later.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let lossy = retyped(part)
        .into_iter()
        .filter(|retyped| !context.is_surely_empty(&retyped.table) && may_lose(retyped, context));
    let targets = lossy.map(|retyped| match retyped.question(false) {
        Some(question) => Target::asking(retyped.object(), retyped.table, Some(question)),
        None => Target::column(&retyped.table, retyped.column),
    });
    targets.collect()
}

fn may_lose(retyped: &Retyped, context: &Context) -> bool {
    !matches!(retyped.cast(context), Cast::Safe | Cast::MayFail { .. })
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL115",
            &[
                ("ALTER TABLE t ALTER a TYPE integer", &["t.a"]),
                ("ALTER TABLE s.t ALTER COLUMN \"A b\" SET DATA TYPE varchar(10), ALTER c TYPE text", &["s.t.\"A b\""]),
                ("ALTER TABLE t ALTER a TYPE text", &[]),
                ("ALTER TABLE t ALTER a TYPE text USING upper(a)", &["t.a"]),
                ("ALTER TABLE t ALTER a TYPE text COLLATE \"C\"", &[]),
                ("ALTER TABLE t ALTER a TYPE mood USING a::text::mood", &["t.a"]),
                ("ALTER TABLE t ADD a integer; ALTER TABLE t ALTER a TYPE bigint", &[]),
                ("ALTER TABLE t ADD a integer; ALTER TABLE t ALTER a TYPE real", &["t.a"]),
                ("ALTER TABLE t ADD a bigint; ALTER TABLE t ALTER a TYPE integer", &[]),
                ("ALTER TABLE t ADD a integer; ALTER TABLE t ALTER a TYPE bigint USING a::bigint", &[]),
                (
                    "ALTER TABLE t ADD a integer; ALTER TABLE t RENAME b TO a; ALTER TABLE t ALTER a TYPE bigint",
                    &["t.a"],
                ),
                ("CREATE TABLE t (a text); ALTER TABLE t ALTER a TYPE integer USING a::integer", &[]),
                (
                    "CREATE TABLE t (a text); INSERT INTO t VALUES ('1.5'); ALTER TABLE t ALTER a TYPE integer USING a::integer",
                    &["t.a"],
                ),
                ("DO $$ BEGIN ALTER TABLE t ALTER a TYPE date; END $$", &["t.a"]),
                ("CREATE TABLE t (a text); ALTER TABLE public.t ALTER a TYPE integer", &["public.t.a"]),
                (
                    "CREATE TABLE t (a text); SELECT set_config('search_path', 'b', true); ALTER TABLE t ALTER a TYPE integer",
                    &["t.a"],
                ),
                (
                    "CREATE TABLE t (a text); DO $$ BEGIN SET search_path = b; END $$; ALTER TABLE t ALTER a TYPE integer",
                    &["t.a"],
                ),
                ("CREATE TABLE t (a text); SET search_path = b; ALTER TABLE t ALTER a TYPE integer", &["t.a"]),
                ("CREATE TABLE t (a text); SET ROLE b; ALTER TABLE t ALTER a TYPE integer", &["t.a"]),
                ("ALTER TABLE t ALTER a SET DEFAULT 1", &[]),
            ],
        );
    }
}
