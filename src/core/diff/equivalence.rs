//! Expressions that only look different. PostgreSQL may print an expression in another form each time the printed text
//! is loaded again. Two expressions that have the same text after one more load are equal.

use crate::core::schema::{Column, Constraint, Kind, Object, ObjectId, Schema};

/// Returns the old schema in which each expression that is equal to the new schema's has the new schema's text.
///
/// `normal_old` and `normal_new` are the catalogs of databases into which the schemas were loaded once more, if
/// available. Compared are defaults, constraints, partition bounds, index and view definitions, functions, triggers,
/// rules, policies and statistics.
#[must_use]
pub fn adopt_equivalent_expressions(
    old: &Schema,
    new: &Schema,
    normal_old: Option<&Schema>,
    normal_new: Option<&Schema>,
) -> Schema {
    let mut aligned = old.clone();
    for_each_expression(&mut aligned, &mut |id, part, text| {
        let Some(wanted) = find(new, id, part).filter(|wanted| wanted != text) else { return };
        let ours = [Some(text.as_str()), normal_old.and_then(|schema| find(schema, id, part))];
        let theirs = [Some(wanted), normal_new.and_then(|schema| find(schema, id, part))];
        if ours.iter().flatten().any(|ours| theirs.iter().flatten().any(|theirs| ours == theirs)) {
            wanted.clone_into(text);
        }
    });
    aligned
}

/// Whether an object that both schemas have has an expression with different texts, which may be equal after one more
/// load.
#[must_use]
pub fn has_different_expressions(old: &Schema, new: &Schema) -> bool {
    let mut differs = false;
    for_each_expression(&mut old.clone(), &mut |id, part, text| {
        differs |= find(new, id, part).is_some_and(|wanted| wanted != text);
    });
    differs
}

/// One of the expressions of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExpressionPart {
    Default,
    Definition,
    /// The bounds of a partition.
    Bound,
    /// The text after PARTITION BY.
    Key,
    Using,
    Check,
    /// The row filter of a published table.
    Filter,
    /// The arguments of a function, with their defaults.
    Arguments,
}

type Visit<'a> = &'a mut dyn FnMut(&ObjectId, ExpressionPart, &mut String);

fn for_each_expression(schema: &mut Schema, visit: Visit<'_>) {
    for (id, object) in &mut schema.objects {
        match object {
            Object::Table(table) => {
                visit_columns(id, &mut table.columns, visit);
                visit_constraints(id, &mut table.constraints, visit);
                if let Some(partition) = &mut table.partition_of {
                    visit(id, ExpressionPart::Bound, &mut partition.bound);
                }
                visit_optional(id, ExpressionPart::Key, &mut table.partition_by, visit);
            }
            Object::Domain(domain) => {
                visit_constraints(id, &mut domain.constraints, visit);
                visit_optional(id, ExpressionPart::Default, &mut domain.default, visit);
            }
            Object::Policy(policy) => {
                visit_optional(id, ExpressionPart::Using, &mut policy.using_expression, visit);
                visit_optional(id, ExpressionPart::Check, &mut policy.check_expression, visit);
            }
            Object::PublishedTable(table) => visit_optional(id, ExpressionPart::Filter, &mut table.filter, visit),
            Object::Function(function) => {
                visit(id, ExpressionPart::Definition, &mut function.definition);
                visit(id, ExpressionPart::Arguments, &mut function.arguments);
            }
            Object::View(view) => visit(id, ExpressionPart::Definition, &mut view.definition),
            Object::MaterializedView(view) => visit(id, ExpressionPart::Definition, &mut view.definition),
            Object::Index(index) => visit(id, ExpressionPart::Definition, &mut index.definition),
            Object::Trigger(trigger) => visit(id, ExpressionPart::Definition, &mut trigger.definition),
            Object::Rule(rule) => visit(id, ExpressionPart::Definition, &mut rule.definition),
            Object::Statistics(statistics) => visit(id, ExpressionPart::Definition, &mut statistics.definition),
            _ => {}
        }
    }
}

fn visit_columns(table: &ObjectId, columns: &mut [Column], visit: Visit<'_>) {
    for column in columns {
        let id = ObjectId::on(Kind::Column, &table.schema, &table.name, &column.name);
        visit_optional(&id, ExpressionPart::Default, &mut column.default, visit);
    }
}

fn visit_constraints(holder: &ObjectId, constraints: &mut [Constraint], visit: Visit<'_>) {
    for constraint in constraints {
        let id = ObjectId::on(Kind::Constraint, &holder.schema, &holder.name, &constraint.name);
        visit(&id, ExpressionPart::Definition, &mut constraint.definition);
    }
}

fn visit_optional(id: &ObjectId, part: ExpressionPart, text: &mut Option<String>, visit: Visit<'_>) {
    if let Some(text) = text {
        visit(id, part, text);
    }
}

/// The same expression of the same object in another schema.
fn find<'a>(schema: &'a Schema, id: &ObjectId, part: ExpressionPart) -> Option<&'a str> {
    match id.kind {
        Kind::Column => schema.column(id)?.default.as_deref(),
        Kind::Constraint => Some(&schema.constraint(id)?.definition),
        _ => object_expression(schema.objects.get(id)?, part),
    }
}

fn object_expression(object: &Object, part: ExpressionPart) -> Option<&str> {
    match (object, part) {
        (Object::Table(table), ExpressionPart::Bound) => {
            table.partition_of.as_ref().map(|partition| partition.bound.as_str())
        }
        (Object::Table(table), ExpressionPart::Key) => table.partition_by.as_deref(),
        (Object::Domain(domain), ExpressionPart::Default) => domain.default.as_deref(),
        (Object::Policy(policy), ExpressionPart::Using) => policy.using_expression.as_deref(),
        (Object::Policy(policy), ExpressionPart::Check) => policy.check_expression.as_deref(),
        (Object::PublishedTable(table), ExpressionPart::Filter) => table.filter.as_deref(),
        (Object::Function(function), ExpressionPart::Definition) => Some(&function.definition),
        (Object::Function(function), ExpressionPart::Arguments) => Some(&function.arguments),
        (Object::View(view), ExpressionPart::Definition) => Some(&view.definition),
        (Object::MaterializedView(view), ExpressionPart::Definition) => Some(&view.definition),
        (Object::Index(index), ExpressionPart::Definition) => Some(&index.definition),
        (Object::Trigger(trigger), ExpressionPart::Definition) => Some(&trigger.definition),
        (Object::Rule(rule), ExpressionPart::Definition) => Some(&rule.definition),
        (Object::Statistics(statistics), ExpressionPart::Definition) => Some(&statistics.definition),
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
    fn expressions_with_the_same_text_after_another_load_are_equal() {
        let (old, new) = (view("a"), view("b"));
        for (normal_old, normal_new, equal) in [
            (None, None, false),
            (None, Some("a"), true),
            (Some("b"), None, true),
            (Some("c"), Some("c"), true),
            (Some("c"), Some("d"), false),
        ] {
            let normals = [normal_old, normal_new].map(|text| text.map(view));
            let aligned = adopt_equivalent_expressions(&old, &new, normals[0].as_ref(), normals[1].as_ref());
            assert_eq!(aligned == new, equal, "{normal_old:?} {normal_new:?}");
            assert_eq!(aligned == old, !equal);
        }
        assert!(has_different_expressions(&old, &new) && !has_different_expressions(&old, &old));
    }

    #[test]
    fn an_expression_that_one_side_lacks_stays_a_difference() {
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
