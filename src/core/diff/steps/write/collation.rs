//! Collations.

use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Collation, Object, ObjectId, Schema};
use crate::core::sql::identifier::{literal, qualified};

pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

/// ALTER COLLATION cannot change the definition.
pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    if collation(context.old, id) == collation(context.new, id) { Alteration::None } else { Alteration::Recreate }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let Some(collation) = collation(context.new, id) else { return Vec::new() };
    let name = qualified(&id.schema, &id.name);
    vec![format!("CREATE COLLATION {name} ({})", settings(collation).join(", ")).into()]
}

pub(super) fn drop(_: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    vec![format!("DROP COLLATION {}", qualified(&id.schema, &id.name)).into()]
}

pub(super) fn alter(_: &DiffContext, _: &ObjectId) -> Vec<NotedSql> {
    Vec::new()
}

fn collation<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a Collation> {
    match schema.objects.get(id) {
        Some(Object::Collation(collation)) => Some(collation),
        _ => None,
    }
}

fn settings(collation: &Collation) -> Vec<String> {
    let text = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} = {}", literal(value)));
    let mut settings = vec![format!("provider = {}", collation.provider)];
    if collation.lc_collate.is_some() && collation.lc_collate == collation.lc_ctype {
        settings.extend(text("locale", &collation.lc_collate));
    } else {
        settings.extend(text("locale", &collation.locale));
        settings.extend(text("lc_collate", &collation.lc_collate));
        settings.extend(text("lc_ctype", &collation.lc_ctype));
    }
    if !collation.deterministic {
        settings.push("deterministic = false".to_owned());
    }
    settings.extend(text("rules", &collation.rules));
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, own, sql};
    use crate::core::schema::Kind;

    fn libc(collate: &str, ctype: &str) -> Collation {
        Collation {
            provider: "libc".to_owned(),
            deterministic: true,
            locale: None,
            lc_collate: Some(collate.to_owned()),
            lc_ctype: Some(ctype.to_owned()),
            rules: None,
        }
    }

    #[test]
    fn a_collation_is_written_without_default_settings() {
        let icu = Collation {
            provider: "icu".to_owned(),
            deterministic: false,
            locale: Some("und-u-ks-level2".to_owned()),
            lc_collate: None,
            lc_ctype: None,
            rules: Some("&a < b".to_owned()),
        };
        for (collation, expected) in [
            (libc("C", "C"), "CREATE COLLATION public.c (provider = libc, locale = 'C')"),
            (libc("C", "POSIX"), "CREATE COLLATION public.c (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX')"),
            (
                icu,
                "CREATE COLLATION public.c (provider = icu, locale = 'und-u-ks-level2', deterministic = false, \
                 rules = '&a < b')",
            ),
        ] {
            let pair = Pair::new(own(Kind::Collation, "c"), None, Some(Object::Collation(collation)));
            assert_eq!(sql(create(&pair.context(), &pair.id)), [expected]);
        }
    }

    #[test]
    fn a_different_collation_is_recreated() {
        let id = own(Kind::Collation, "c");
        let object = |ctype| Some(Object::Collation(libc("C", ctype)));
        let pair = Pair::new(id.clone(), object("C"), object("POSIX"));
        assert_eq!(alteration(&pair.context(), &id), Alteration::Recreate);
        assert_eq!(sql(drop(&pair.context(), &id)), ["DROP COLLATION public.c"]);
        let same = Pair::new(id.clone(), object("C"), object("C"));
        assert_eq!(alteration(&same.context(), &id), Alteration::None);
    }
}
