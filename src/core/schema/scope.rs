//! Which objects limbeck manages: the managed schemas without the excluded names.

use super::{Kind, ObjectId};

/// The managed schemas and the patterns of `[models] exclude`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    schemas: Option<Vec<String>>,
    exclude: Vec<(Option<String>, String)>,
}

impl Scope {
    /// A scope of managed schemas (`None`: all) and exclusion patterns: `name` or `schema.name`, where `*` matches any
    /// characters.
    #[must_use]
    pub fn new(schemas: Option<&[String]>, exclude: &[String]) -> Self {
        let split = |pattern: &String| match pattern.split_once('.') {
            Some((schema, name)) => (Some(schema.to_owned()), name.to_owned()),
            None => (None, pattern.clone()),
        };
        Self { schemas: schemas.map(<[String]>::to_vec), exclude: exclude.iter().map(split).collect() }
    }

    /// The scope with one more excluded name, which is no pattern.
    #[must_use]
    pub fn without(mut self, schema: Option<&str>, name: &str) -> Self {
        self.exclude.push((schema.map(str::to_owned), name.to_owned()));
        self
    }

    /// The managed schemas. `None`: all.
    #[must_use]
    pub fn schemas(&self) -> Option<&[String]> {
        self.schemas.as_deref()
    }

    /// Whether an object is in scope. The parts of an excluded relation are excluded with it. A single column cannot be
    /// excluded.
    #[must_use]
    pub fn contains(&self, id: &ObjectId) -> bool {
        let managed = match (&self.schemas, id.kind) {
            (Some(schemas), Kind::Schema) => schemas.contains(&id.name),
            (Some(schemas), _) => id.schema.is_empty() || schemas.contains(&id.schema),
            (None, _) => true,
        };
        let named = |name: &str| {
            self.exclude.iter().any(|(schema, pattern)| {
                schema.as_ref().is_none_or(|schema| matches(schema, &id.schema)) && matches(pattern, name)
            })
        };
        managed && !(id.kind != Kind::Column && named(&id.name)) && (id.of.is_empty() || !named(&id.of))
    }
}

/// Whether a name matches a pattern.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(tail, rest.get(at..).unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(schemas: Option<&[&str]>, exclude: &[&str]) -> Scope {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        Scope::new(schemas.map(owned).as_deref(), &owned(exclude))
    }

    #[test]
    fn a_star_matches_any_characters() {
        for (pattern, name, expected) in [
            ("a*", "a", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c*", "abcd", true),
            ("*", "", true),
            ("a*c", "abd", false),
            ("é*", "éß", true),
            ("a", "ab", false),
            ("*a*b", "xxabab", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn parts_of_an_excluded_table_are_excluded() {
        let scope = scope(Some(&["public", "app"]), &["spatial_ref_sys", "legacy_*", "public.tmp_*"]);
        let table = |schema, name| scope.contains(&ObjectId::new(Kind::Table, schema, name));
        assert!(table("public", "users") && table("app", "tmp_a"));
        assert!(!table("public", "tmp_a") && !table("app", "legacy_x") && !table("other", "users"));
        assert!(!scope.contains(&ObjectId::on(Kind::Index, "app", "legacy_x", "i")));
        assert!(!scope.contains(&ObjectId::on(Kind::Index, "app", "users", "legacy_i")));
        assert!(scope.contains(&ObjectId::on(Kind::Column, "app", "users", "legacy_c")));
        assert!(scope.contains(&ObjectId::new(Kind::EventTrigger, "", "e")));
        assert!(!scope.contains(&ObjectId::new(Kind::Schema, "", "other")));
    }
}
