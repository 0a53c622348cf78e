//! A script whose upgrade does something and whose downgrade does nothing.

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "IR701", class: Class::Irreversible, title: "has no downgrade", page: PAGE, check };

const PAGE: &str = "\
IR701 has no downgrade

The upgrade changes the database and the downgrade is empty: going back past this revision changes the version
table and leaves the schema as it is, so that the next upgrade fails or does its work twice.

What to do instead: write the downgrade. Where there is none, say so: let it raise an error that explains what
to do by hand.
";

fn check(_: &Part, _: &Context) -> Vec<Target> {
    // It is seen on the whole script, not on a statement.
    Vec::new()
}
