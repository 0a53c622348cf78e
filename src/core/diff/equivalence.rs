//! Expressions that only look different. Deparsing is no fixed point: what a database says of an expression, loaded
//! once more, may read otherwise. Two that read alike after one further load say the same.

use crate::core::schema::{Column, Constraint, Kind, Object, ObjectId, Schema};

/// The old schema, in which each expression that means the same as the new one's reads as the new one does.
///
/// `normal_old` and `normal_new` are the catalogs of databases into which the schemas were loaded once more, where
/// those are known. Looked at are defaults, constraints, partition bounds, index and view definitions, functions,
/// triggers, rules, policies and statistics, each by itself.
#[must_use]
pub fn adopt_equivalent_expressions(
    old: &Schema,
    new: &Schema,
    normal_old: Option<&Schema>,
    normal_new: Option<&Schema>,
) -> Schema {
    let mut settled = old.clone();
    for_each_part(&mut settled, &mut |id, part, text| {
        let Some(wanted) = find(new, id, part).filter(|wanted| wanted != text) else { return };
        let ours = [Some(text.as_str()), normal_old.and_then(|schema| find(schema, id, part))];
        let theirs = [Some(wanted), normal_new.and_then(|schema| find(schema, id, part))];
        if ours.iter().flatten().any(|ours| theirs.iter().flatten().any(|theirs| ours == theirs)) {
            wanted.clone_into(text);
        }
    });
    settled
}

/// Whether both schemas have an expression that reads differently, so that settling may find them alike.
#[must_use]
pub fn has_different_expressions(old: &Schema, new: &Schema) -> bool {
    let mut differs = false;
    for_each_part(&mut old.clone(), &mut |id, part, text| {
        differs |= find(new, id, part).is_some_and(|wanted| wanted != text);
    });
    differs
}

/// Which of an object's texts it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Default,
    Definition,
    /// A partition's bound.
    Bound,
    /// What follows PARTITION BY.
    Key,
    Using,
    Check,
    /// A function's arguments, with their defaults.
    Arguments,
}

type Visit<'a> = &'a mut dyn FnMut(&ObjectId, Part, &mut String);

fn for_each_part(schema: &mut Schema, visit: Visit<'_>) {
    for (id, object) in &mut schema.objects {
        match object {
            Object::Table(table) => {
                of_columns(id, &mut table.columns, visit);
                of_constraints(id, &mut table.constraints, visit);
                if let Some(partition) = &mut table.partition_of {
                    visit(id, Part::Bound, &mut partition.bound);
                }
                optional(id, Part::Key, &mut table.partition_by, visit);
            }
            Object::Domain(domain) => {
                of_constraints(id, &mut domain.constraints, visit);
                optional(id, Part::Default, &mut domain.default, visit);
            }
            Object::Policy(policy) => {
                optional(id, Part::Using, &mut policy.using_expression, visit);
                optional(id, Part::Check, &mut policy.check_expression, visit);
            }
            Object::Function(function) => {
                visit(id, Part::Definition, &mut function.definition);
                visit(id, Part::Arguments, &mut function.arguments);
            }
            Object::View(view) => visit(id, Part::Definition, &mut view.definition),
            Object::MaterializedView(view) => visit(id, Part::Definition, &mut view.definition),
            Object::Index(index) => visit(id, Part::Definition, &mut index.definition),
            Object::Trigger(trigger) => visit(id, Part::Definition, &mut trigger.definition),
            Object::Rule(rule) => visit(id, Part::Definition, &mut rule.definition),
            Object::Statistics(statistics) => visit(id, Part::Definition, &mut statistics.definition),
            _ => {}
        }
    }
}

fn of_columns(table: &ObjectId, columns: &mut [Column], visit: Visit<'_>) {
    for column in columns {
        let id = ObjectId::on(Kind::Column, &table.schema, &table.name, &column.name);
        optional(&id, Part::Default, &mut column.default, visit);
    }
}

fn of_constraints(holder: &ObjectId, constraints: &mut [Constraint], visit: Visit<'_>) {
    for constraint in constraints {
        let id = ObjectId::on(Kind::Constraint, &holder.schema, &holder.name, &constraint.name);
        visit(&id, Part::Definition, &mut constraint.definition);
    }
}

fn optional(id: &ObjectId, part: Part, text: &mut Option<String>, visit: Visit<'_>) {
    if let Some(text) = text {
        visit(id, part, text);
    }
}

/// The same text of the same object in another schema.
fn find<'a>(schema: &'a Schema, id: &ObjectId, part: Part) -> Option<&'a str> {
    match id.kind {
        Kind::Column => schema.column(id)?.default.as_deref(),
        Kind::Constraint => Some(&schema.constraint(id)?.definition),
        _ => of_object(schema.objects.get(id)?, part),
    }
}

fn of_object(object: &Object, part: Part) -> Option<&str> {
    match (object, part) {
        (Object::Table(table), Part::Bound) => table.partition_of.as_ref().map(|partition| partition.bound.as_str()),
        (Object::Table(table), Part::Key) => table.partition_by.as_deref(),
        (Object::Domain(domain), Part::Default) => domain.default.as_deref(),
        (Object::Policy(policy), Part::Using) => policy.using_expression.as_deref(),
        (Object::Policy(policy), Part::Check) => policy.check_expression.as_deref(),
        (Object::Function(function), Part::Definition) => Some(&function.definition),
        (Object::Function(function), Part::Arguments) => Some(&function.arguments),
        (Object::View(view), Part::Definition) => Some(&view.definition),
        (Object::MaterializedView(view), Part::Definition) => Some(&view.definition),
        (Object::Index(index), Part::Definition) => Some(&index.definition),
        (Object::Trigger(trigger), Part::Definition) => Some(&trigger.definition),
        (Object::Rule(rule), Part::Definition) => Some(&rule.definition),
        (Object::Statistics(statistics), Part::Definition) => Some(&statistics.definition),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::schema::{Domain, View};

    fn view(definition: &str) -> Schema {
        let view = View { definition: definition.into(), options: Vec::new(), columns: Vec::new() };
        one(ObjectId::new(Kind::View, "public", "v"), Object::View(view))
    }

    fn domain(default: Option<&str>) -> Schema {
        let domain = Domain {
            type_name: "text".into(),
            collation: None,
            not_null: false,
            default: default.map(Into::into),
            constraints: Vec::new(),
        };
        one(ObjectId::new(Kind::Domain, "public", "d"), Object::Domain(domain))
    }

    fn one(id: ObjectId, object: Object) -> Schema {
        Schema { objects: [(id, object)].into(), ..Schema::default() }
    }

    #[test]
    fn what_reads_alike_after_a_further_load_is_equal() {
        let (old, new) = (view("a"), view("b"));
        for (normal_old, normal_new, equal) in [
            (None, None, false),
            (None, Some("a"), true),
            (Some("b"), None, true),
            (Some("c"), Some("c"), true),
            (Some("c"), Some("d"), false),
        ] {
            let normals = [normal_old, normal_new].map(|text| text.map(view));
            let settled = adopt_equivalent_expressions(&old, &new, normals[0].as_ref(), normals[1].as_ref());
            assert_eq!(settled == new, equal, "{normal_old:?} {normal_new:?}");
            assert_eq!(settled == old, !equal);
        }
        assert!(has_different_expressions(&old, &new) && !has_different_expressions(&old, &old));
    }

    #[test]
    fn what_one_side_lacks_stays_a_difference() {
        for (old, new) in
            [(domain(Some("1")), domain(None)), (domain(None), domain(Some("1"))), (view("a"), domain(None))]
        {
            assert!(!has_different_expressions(&old, &new));
            assert_eq!(adopt_equivalent_expressions(&old, &new, Some(&new), Some(&old)), old);
        }
        let (old, new) = (domain(Some("'a'")), domain(Some("'a'::text")));
        assert_eq!(adopt_equivalent_expressions(&old, &new, Some(&new), None), new);
    }
}
