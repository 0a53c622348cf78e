//! What CASCADE and foreign keys take along on a target, by name.

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL124", class: Class::DataLoss, title: "goes along", page: PAGE, check };

const PAGE: &str = "\
DL124 goes along

The statement names another object, and this one depends on it: a table that inherits, a column whose type goes,
a table that refers to one that is truncated. CASCADE takes it along without a word. So do foreign keys that
delete the rows which refer to deleted ones, or empty or change their columns. It is looked up in the target's
catalog, so it is only found where there is a database to ask, and again when the statement comes.

What is counted: the rows of a table, the values of a column that are not NULL; of what a foreign key passes on
those that refer to what the statement takes.

What to do instead: leave CASCADE out, and drop, delete or change by name what depends on the object.
";

fn check(_: &Part, _: &Context) -> Vec<Target> {
    // It is seen in a database, not in a statement.
    Vec::new()
}
