//! `ALTER COLUMN … TYPE`: the values that the conversion changes.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::cast::CastOutcome;
use crate::core::statement::{Action, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::ChangeColumnType, title: "changes column type", page: PAGE, check };

const PAGE: &str = "\
ALTER COLUMN … TYPE converts every value of the column, by a cast or by the USING expression. A cast to a
smaller or different type can change values without an error: numeric to integer rounds, json to jsonb drops
duplicate keys, timestamp to date removes the time of day. With USING, the old values are replaced by the
result of the expression.

What is counted: the values that change or are rejected; each value is tried. If USING is not a plain cast of
the column, or a type is not built in, all values that are not NULL are counted. A change that keeps every
value (integer to bigint, varchar to text) is not reported if the script or the target shows the old type.

What to do instead: add a column of the new type, fill it, and drop the old column in the next release.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    if state.is_surely_empty(table) {
        return Vec::new();
    }
    let lossy = alter.retyped().filter(|(column, new)| {
        let from = state.column_type(table, &column.name);
        !matches!(new.cast(&column.name, from), CastOutcome::Safe | CastOutcome::MayFail { .. })
    });
    let findings = lossy.map(|(column, new)| {
        let question = new.question(&column.name, false);
        let effect = Effect::ChangesType { table: table.clone(), column: column.name.clone(), question };
        Finding::new(format!("{table}.{column}"), effect)
    });
    findings.collect()
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
