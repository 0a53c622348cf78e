//! `SET SCHEMA` and renamed schemas: names with the old schema lead nowhere.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{AlterSchema, AstNode, IfExists, SchemaRenameTo, SetSchema};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule =
    Rule { code: "BR610", class: Class::Breaks, title: "moves to another schema", page: PAGE, check };

const PAGE: &str = "\
BR610 moves to another schema

Programs that run now ask for it in the old schema, or find it by a search_path that does not have the new one.

What to do instead: leave a view in the old schema until nobody asks for it; put the new schema into the
search_path first.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Part::Node(node) = part else { return Vec::new() };
    if !is_alter(node) {
        return Vec::new();
    }
    let moves = node.children().any(|child| {
        SetSchema::can_cast(child.kind())
            || (AlterSchema::can_cast(node.kind()) && SchemaRenameTo::can_cast(child.kind()))
    });
    let object = node.children().find(|child| !IfExists::can_cast(child.kind())).filter(|_| moves);
    let name = object.and_then(|object| Name::of(&object));
    let known = |name: &Name| context.is_new(name) || context.is_new_type(name) || context.is_new_routine(name);
    name.filter(|name| !known(name)).map(Target::other).into_iter().collect()
}

fn is_alter(node: &SyntaxNode) -> bool {
    node.first_token().is_some_and(|token| token.text().eq_ignore_ascii_case("alter"))
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
