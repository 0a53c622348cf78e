//! SQLSTATE 42501: the role lacks a privilege. PostgreSQL names the object only in the message.

use crate::core::sql::identifier::quote;

/// The statement that gives the privilege.
pub(super) fn hint(message: &str) -> String {
    let role = "set role under [apply] to a role that has the privilege";
    if let Some(object) = message.strip_prefix("permission denied for ") {
        return format!("{}; or {role}", grant(object));
    }
    if let Some(object) = message.strip_prefix("must be owner of ") {
        return format!("run limbeck as the owner of {object}: set role under [apply] to that role");
    }
    for (start, what) in [
        ("permission denied to create database", "ALTER ROLE … CREATEDB; or set url under [scratch]"),
        ("permission denied to create role", "ALTER ROLE … CREATEROLE; or create the role as a superuser"),
        ("permission denied to set role", "GRANT that role TO the login role; or correct role under [apply]"),
        ("permission denied to create extension", "create the extension as a superuser before the migration"),
        ("permission denied to create event trigger", "create the event trigger as a superuser"),
        ("permission denied to set parameter", "GRANT SET ON PARAMETER … TO the role; or set it as a superuser"),
        ("permission denied: ", "the object belongs to the system: only a superuser may change it"),
        ("must be superuser", "run the statement as a superuser"),
        ("must be able to SET ROLE", "GRANT the new owner TO the role that runs limbeck"),
        ("must be member of role", "GRANT the new owner TO the role that runs limbeck"),
        ("new row violates row-level security", "change the policy, or run limbeck as the owner of the table"),
        (
            "query would be affected by row-level security",
            "ALTER ROLE … BYPASSRLS; or run limbeck as the owner of the table",
        ),
    ] {
        if message.starts_with(start) {
            return what.to_owned();
        }
    }
    format!("give the role the missing privilege with GRANT; or {role}")
}

/// The GRANT for an object such as `schema public` or `table users`.
fn grant(object: &str) -> String {
    let (kind, name) = object.split_once(' ').unwrap_or(("", object));
    let name = quote(name);
    match kind {
        // From PostgreSQL 15 on, only the owner of a database may create objects in the schema public.
        "schema" => format!("GRANT USAGE, CREATE ON SCHEMA {name} TO the role, as the owner of the database"),
        "database" => format!("GRANT CREATE ON DATABASE {name} TO the role"),
        "table" | "relation" | "view" | "column" => {
            format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO the role, as the owner of {name}")
        }
        "sequence" => format!("GRANT USAGE, SELECT, UPDATE ON SEQUENCE {name} TO the role"),
        "function" | "procedure" | "routine" => format!("GRANT EXECUTE ON {} {name} TO the role", kind.to_uppercase()),
        "type" | "language" | "domain" => format!("GRANT USAGE ON {} {name} TO the role", kind.to_uppercase()),
        "tablespace" => format!("GRANT CREATE ON TABLESPACE {name} TO the role"),
        _ => format!("GRANT the privilege on {object} TO the role"),
    }
}
