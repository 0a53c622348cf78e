//! Foreign-data wrappers, foreign servers and user mappings.

use super::options::{foreign_changes, foreign_list};
use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{ForeignDataWrapper, ForeignServer, Object, ObjectId};
use crate::core::sql::identifier::{literal, quote};

pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

const SECRETS_NOTE: &str = "Passwords are not part of the models: set them with ALTER USER MAPPING.";

/// ALTER SERVER can change neither the wrapper nor the type.
pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    match (context.old.objects.get(id), context.new.objects.get(id)) {
        (old, new) if old == new => Alteration::None,
        (Some(Object::ForeignServer(old)), Some(Object::ForeignServer(new)))
            if (&old.wrapper, &old.server_type) != (&new.wrapper, &new.server_type)
                || old.version.is_some() && new.version.is_none() =>
        {
            Alteration::Recreate
        }
        _ => Alteration::InPlace { rebuilds_dependents: false },
    }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = quote(&id.name);
    match context.new.objects.get(id) {
        Some(Object::ForeignDataWrapper(wrapper)) => {
            let functions = wrapper_functions(None, wrapper);
            vec![format!("CREATE FOREIGN DATA WRAPPER {name}{functions}{}", all_options(&wrapper.options)).into()]
        }
        Some(Object::ForeignServer(server)) => {
            let server_type = server.server_type.iter().map(|of| format!(" TYPE {}", literal(of)));
            let version = server.version.iter().map(|version| format!(" VERSION {}", literal(version)));
            let attributes: String = server_type.chain(version).collect();
            let (wrapper, options) = (quote(&server.wrapper), all_options(&server.options));
            vec![format!("CREATE SERVER {name}{attributes} FOREIGN DATA WRAPPER {wrapper}{options}").into()]
        }
        Some(Object::UserMapping(mapping)) => {
            let sql = format!("CREATE {}{}", user_mapping(id), all_options(&mapping.options));
            vec![NotedSql { sql, note: Some(SECRETS_NOTE.to_owned()) }]
        }
        _ => Vec::new(),
    }
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let sql = match context.old.objects.get(id) {
        Some(Object::ForeignDataWrapper(_)) => format!("DROP FOREIGN DATA WRAPPER {}", quote(&id.name)),
        Some(Object::ForeignServer(_)) => format!("DROP SERVER {}", quote(&id.name)),
        _ => format!("DROP {}", user_mapping(id)),
    };
    vec![sql.into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = quote(&id.name);
    let sql = match (context.old.objects.get(id), context.new.objects.get(id)) {
        (Some(Object::ForeignDataWrapper(old)), Some(Object::ForeignDataWrapper(new))) => {
            let functions = wrapper_functions(Some(old), new);
            format!("ALTER FOREIGN DATA WRAPPER {name}{functions}{}", changed_options(&old.options, &new.options))
        }
        (Some(Object::ForeignServer(old)), Some(Object::ForeignServer(new))) => {
            let version = changed_version(old, new);
            format!("ALTER SERVER {name}{version}{}", changed_options(&old.options, &new.options))
        }
        (Some(Object::UserMapping(old)), Some(Object::UserMapping(new))) => {
            format!("ALTER {}{}", user_mapping(id), changed_options(&old.options, &new.options))
        }
        _ => return Vec::new(),
    };
    vec![sql.into()]
}

fn user_mapping(id: &ObjectId) -> String {
    let role = if id.name == "public" { "PUBLIC".to_owned() } else { quote(&id.name) };
    format!("USER MAPPING FOR {role} SERVER {}", quote(&id.of))
}

/// The clauses HANDLER and VALIDATOR that differ. The names are SQL already.
fn wrapper_functions(old: Option<&ForeignDataWrapper>, new: &ForeignDataWrapper) -> String {
    let clause = |word: &str, had: Option<&String>, has: Option<&String>| match has {
        _ if had == has => String::new(),
        Some(function) => format!(" {word} {function}"),
        None => format!(" NO {word}"),
    };
    let handler = clause("HANDLER", old.and_then(|old| old.handler.as_ref()), new.handler.as_ref());
    handler + &clause("VALIDATOR", old.and_then(|old| old.validator.as_ref()), new.validator.as_ref())
}

fn changed_version(old: &ForeignServer, new: &ForeignServer) -> String {
    let version = new.version.as_ref().filter(|_| old.version != new.version);
    version.map(|version| format!(" VERSION {}", literal(version))).unwrap_or_default()
}

fn all_options(options: &[String]) -> String {
    if options.is_empty() { String::new() } else { format!(" OPTIONS ({})", foreign_list(options)) }
}

fn changed_options(old: &[String], new: &[String]) -> String {
    if old == new { String::new() } else { format!(" OPTIONS ({})", foreign_changes(old, new)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, sql, texts};
    use crate::core::schema::{Kind, UserMapping};

    fn server(wrapper: &str, version: Option<&str>, options: &[&str]) -> Object {
        let (wrapper, version) = (wrapper.to_owned(), version.map(str::to_owned));
        Object::ForeignServer(ForeignServer { wrapper, server_type: None, version, options: texts(options) })
    }

    #[test]
    fn a_server_changes_in_place_unless_its_wrapper_changes() {
        let id = ObjectId::new(Kind::ForeignServer, "", "far");
        let old = server("w", Some("1"), &["host=a", "port=1"]);
        for (new, expected) in [
            (server("w", Some("2"), &["host=a", "port=1"]), Some("ALTER SERVER far VERSION '2'")),
            (
                server("w", Some("1"), &["dbname=d", "host=b"]),
                Some("ALTER SERVER far OPTIONS (ADD dbname 'd', SET host 'b', DROP port)"),
            ),
            (server("other", Some("1"), &["host=a", "port=1"]), None),
            (server("w", None, &["host=a", "port=1"]), None),
        ] {
            let pair = Pair::new(id.clone(), old.clone(), new);
            match expected {
                Some(expected) => assert_eq!(sql(alter(&pair.context(), &id)), [expected]),
                None => assert_eq!(alteration(&pair.context(), &id), Alteration::Recreate),
            }
        }
        let pair = Pair::new(id.clone(), None, old);
        let expected = "CREATE SERVER far VERSION '1' FOREIGN DATA WRAPPER w OPTIONS (host 'a', port '1')";
        assert_eq!(sql(create(&pair.context(), &id)), [expected]);
    }

    #[test]
    fn wrappers_and_user_mappings_have_their_syntax() {
        let wrapper = |handler: Option<&str>| {
            let handler = handler.map(str::to_owned);
            Object::ForeignDataWrapper(ForeignDataWrapper { handler, validator: None, options: Vec::new() })
        };
        let id = ObjectId::new(Kind::ForeignDataWrapper, "", "w");
        let pair = Pair::new(id.clone(), wrapper(None), wrapper(Some("public.h")));
        assert_eq!(sql(alter(&pair.context(), &id)), ["ALTER FOREIGN DATA WRAPPER w HANDLER public.h"]);
        let pair = Pair::new(id.clone(), wrapper(Some("public.h")), wrapper(None));
        assert_eq!(sql(alter(&pair.context(), &id)), ["ALTER FOREIGN DATA WRAPPER w NO HANDLER"]);
        let id = ObjectId::on(Kind::UserMapping, "", "far", "public");
        let mapping = Object::UserMapping(UserMapping { options: texts(&["user=me"]) });
        let pair = Pair::new(id.clone(), mapping.clone(), mapping);
        let expected = "USER MAPPING FOR PUBLIC SERVER far";
        assert_eq!(sql(create(&pair.context(), &id)), [format!("CREATE {expected} OPTIONS (\"user\" 'me')")]);
        assert_eq!(sql(drop(&pair.context(), &id)), [format!("DROP {expected}")]);
    }
}
