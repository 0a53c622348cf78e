//! `SET SCHEMA`, and renamed schemas.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::SetSchema, title: "moves to another schema", page: PAGE, check };

const PAGE: &str = "\
Running programs that use the old schema, or a search_path without the new schema, fail as soon as the revision
is committed.

What to do instead: add the new schema to the search_path of the programs first. For a table, create a view in
the old schema, and drop it when no program uses it.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::MoveToSchema { object } = action else { return Vec::new() };
    let is_new = state.is_new(object) || state.is_new_type(object) || state.is_new_routine(object);
    if is_new { Vec::new() } else { vec![Finding::named(object)] }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR610",
            &[
                ("ALTER TABLE t SET SCHEMA s", &["t"]),
                ("ALTER TYPE mood SET SCHEMA s", &["mood"]),
                ("ALTER FUNCTION f(int) SET SCHEMA s", &["f"]),
                ("ALTER SCHEMA a RENAME TO b", &["a"]),
                ("ALTER EXTENSION hstore SET SCHEMA s", &["hstore"]),
                ("ALTER SCHEMA a OWNER TO b", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t SET SCHEMA s", &[]),
            ],
        );
    }
}
