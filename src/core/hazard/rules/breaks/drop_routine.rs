//! A function, procedure, aggregate, type or domain goes.

use squawk_syntax::ast::{Aggregate, DomainRef, FunctionSigList, ProcedureSigList, RoutineSigList, TypeNameRef};
use squawk_syntax::ast::{AstNode, DropAggregate, DropDomain, DropFunction, DropProcedure, DropRoutine, DropType};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule =
    Rule { code: "BR607", class: Class::Breaks, title: "drops what clients call", page: PAGE, check };

const PAGE: &str = "\
BR607 drops what clients call

Programs that run now call it or cast to it, and fail from the moment that the revision is committed.

What to do instead: stop using it in one release, and drop it in the next.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let Part::Node(node) = part else { return Vec::new() };
    let kind = node.kind();
    let objects: Vec<_> = if DropType::can_cast(kind) || DropDomain::can_cast(kind) {
        node.children()
            .filter(|child| TypeNameRef::can_cast(child.kind()) || DomainRef::can_cast(child.kind()))
            .collect()
    } else if DropFunction::can_cast(kind) || DropProcedure::can_cast(kind) || DropRoutine::can_cast(kind) {
        let lists = node.children().filter(|child| {
            let kind = child.kind();
            FunctionSigList::can_cast(kind) || ProcedureSigList::can_cast(kind) || RoutineSigList::can_cast(kind)
        });
        lists.flat_map(|list| list.children()).collect()
    } else if DropAggregate::can_cast(kind) {
        node.children().filter(|child| Aggregate::can_cast(child.kind())).collect()
    } else {
        Vec::new()
    };
    let names = objects.iter().filter_map(Name::of);
    names.filter(|name| !context.is_new_routine(name) && !context.is_new_type(name)).map(Target::other).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR607",
            &[
                ("DROP FUNCTION IF EXISTS f(int), s.g", &["f", "s.g"]),
                ("DROP PROCEDURE p", &["p"]),
                ("DROP TYPE mood", &["mood"]),
                ("DROP DOMAIN IF EXISTS s.d RESTRICT", &["s.d"]),
                ("DROP AGGREGATE a(int)", &["a"]),
                ("DROP TRIGGER x ON t", &[]),
                ("CREATE TYPE m AS ENUM ('a'); DROP TYPE m", &[]),
            ],
        );
    }
}
