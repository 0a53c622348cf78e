//! Types that are recreated while columns use them: how to convert the columns from the old type, which has a temporary
//! name, to the new type of the same name.

use super::cast::{self, Cast};
use crate::core::diff::ownership::{self, DiffContext};
use crate::core::schema::{Column, CompositeType, Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::{qualified, quote};

/// How to convert the column `name`, which is quoted, to a recreated type of the same name.
pub(super) fn convert(context: &DiffContext, new: &str, name: &str) -> Cast {
    if let Some((old, wanted)) = composites(context, new)
        && !has_same_attributes(old, wanted)
    {
        return convert_row(context, old, wanted, new, name);
    }
    let text = if new.ends_with("[]") { "text[]" } else { "text" };
    Cast { using: Some(format!("{name}::{text}::{new}")), note: None }
}

/// The old and the new version of a composite type.
fn composites<'a>(context: &DiffContext<'a>, type_name: &str) -> Option<(&'a CompositeType, &'a CompositeType)> {
    let id = context.decisions.temporary_names.keys().find(|id| qualified(&id.schema, &id.name) == type_name)?;
    (id.kind == Kind::CompositeType).then(|| composite(context.old, id).zip(composite(context.new, id)))?
}

fn composite<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a CompositeType> {
    if let Some(Object::CompositeType(composite)) = schema.objects.get(id) { Some(composite) } else { None }
}

/// Whether the text of an old value is also valid for the new type.
fn has_same_attributes(old: &CompositeType, new: &CompositeType) -> bool {
    old.columns.iter().map(|one| &one.name).eq(new.columns.iter().map(|one| &one.name))
}

/// Converts attribute by attribute, matched by name. NULL stays NULL.
fn convert_row(context: &DiffContext, old: &CompositeType, new: &CompositeType, type_name: &str, name: &str) -> Cast {
    let value = |wanted: &Column| {
        let Some(had) = old.columns.iter().find(|one| one.name == wanted.name) else { return String::from("NULL") };
        let path = format!("({name}).{}", quote(&had.name));
        if context.decisions.temporary_names.keys().any(|id| ownership::is_type_or_array(&wanted.type_name, id)) {
            return convert(context, &wanted.type_name, &path).using.unwrap_or(path);
        }
        if had.type_name == wanted.type_name {
            return path;
        }
        let using = cast::cast_column(context, &path, &had.type_name, &wanted.type_name).using;
        using.unwrap_or_else(|| format!("{path}::{}", wanted.type_name))
    };
    let values = new.columns.iter().map(value).collect::<Vec<_>>().join(", ");
    let lost = old.columns.iter().filter(|one| !new.columns.iter().any(|wanted| wanted.name == one.name));
    let lost = lost.map(|one| quote(&one.name)).collect::<Vec<_>>().join(", ");
    Cast {
        using: Some(format!("CASE WHEN {name} IS DISTINCT FROM NULL THEN ROW({values})::{type_name} END")),
        note: (!lost.is_empty()).then(|| format!("drops the values of the attributes {lost}")),
    }
}

/// A list of arguments with the temporary names of recreated types.
pub(super) fn use_temporary_names(context: &DiffContext, arguments: &str) -> String {
    let mut text = arguments.to_owned();
    for (id, name) in &context.decisions.temporary_names {
        text = replace_whole_name(&text, &qualified(&id.schema, &id.name), &qualified(&id.schema, name));
    }
    text
}

/// Replaces a name where it is not part of a longer name.
fn replace_whole_name(text: &str, from: &str, to: &str) -> String {
    let is_inside = |letter: char| letter.is_alphanumeric() || "_$.\"".contains(letter);
    let (mut written, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = found.get(from.len()..).unwrap_or_default();
        let begins = before.chars().next_back().or_else(|| written.chars().next_back());
        let is_whole = !begins.is_some_and(is_inside) && !after.starts_with(is_inside);
        written.push_str(before);
        written.push_str(if is_whole { to } else { from });
        rest = after;
    }
    written + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_replaced() {
        let replaced = |text| replace_whole_name(text, "app.mood", "app.mood_old");
        assert_eq!(
            replaced("a app.mood, b app.mood[], app.moods, x.app.mood"),
            "a app.mood_old, b app.mood_old[], app.moods, x.app.mood"
        );
        assert_eq!(replaced("VARIADIC app.mood"), "VARIADIC app.mood_old");
        assert_eq!(replaced("app.mood"), "app.mood_old");
        assert_eq!(replaced(""), "");
    }
}
