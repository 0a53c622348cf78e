//! `[apply] role`: every connection of limbeck switches to it.

use super::project_as;
use crate::support::{TestDatabase, TestProject, server};

/// Names of the login role and of the owner, which differ between the tests.
fn names(database: &TestDatabase<'_>) -> (String, String) {
    (format!("login_{}", database.name()), format!("owner_{}", database.name()))
}

/// A database whose tables only the owner can read, and a login role that can switch to the owner.
fn owned() -> (TestDatabase<'static>, TestProject) {
    let database = server().database();
    let (login, owner) = names(&database);
    database.psql(&format!(
        "CREATE ROLE {owner}; CREATE ROLE {login} LOGIN NOINHERIT IN ROLE {owner};
         ALTER SCHEMA public OWNER TO {owner}; GRANT CREATE ON DATABASE {} TO {owner};",
        database.name()
    ));
    let project = project_as(&database, &login, &format!("role = \"{owner}\""));
    project.write("models/schema.sql", "CREATE TABLE users (id int PRIMARY KEY);");
    project.script(
        "0001aaaa0000",
        "",
        "CREATE TABLE users (id int PRIMARY KEY, email text);\nINSERT INTO users VALUES (1, 'a'), (2, NULL);",
        "DROP TABLE users;",
    );
    project.script(
        "0002aaaa0000",
        "0001aaaa0000",
        "ALTER TABLE users DROP COLUMN email;",
        "ALTER TABLE users ADD COLUMN email text;",
    );
    (database, project)
}

fn remove_roles(database: &TestDatabase<'_>) {
    let (login, owner) = names(database);
    database.psql(&format!("DROP OWNED BY {owner} CASCADE; DROP OWNED BY {login} CASCADE; DROP ROLE {login}, {owner}"));
}

#[test]
fn every_command_uses_the_role() {
    let (database, project) = owned();
    project.run(&["upgrade", "+1"]).expect_status(0);
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    let output = |words: &[&str]| project.run(words).expect_status(0).stdout;
    // A command, and a part of its output. Each would fail or be empty without the rights of the owner.
    for (line, says) in [
        ("current", "0002aaaa0000 (head)"),
        ("current --check-heads", "0002aaaa0000 (head)"),
        ("history -i", "(current)"),
        ("kept list", "users.email"),
        ("upgrade head --dry-run", "Nothing to do"),
        ("downgrade -1 --dry-run", "ADD COLUMN email"),
        ("downgrade -1 --rehearse", "email"),
        ("check", "No new upgrade operations detected"),
        ("drift", "The database equals the schema of its history"),
        ("stamp head", ""),
        ("ensure_version", ""),
        ("doctor", ""),
    ] {
        let found = output(&line.split(' ').collect::<Vec<_>>());
        assert!(found.contains(says), "{line}: {found}");
    }
    project.run(&["backup", "--output", "backup.dump"]).expect_status(0);
    project.run(&["downgrade", "-1"]).expect_status(0);
    assert_eq!(database.psql("SELECT string_agg(id || coalesce(email, '-'), ',' ORDER BY id) FROM users"), "1a,2-");
    project.run(&["restore", "backup.dump", "--allow", "data-loss"]).expect_status(0);
    assert!(output(&["current"]).contains("0002aaaa0000"));
    project.run(&["revision", "--autogenerate", "-m", "nothing", "--skip-empty"]).expect_status(0);
    let owner = names(&database).1;
    let owners = "SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables WHERE schemaname IN ('public', 'limbeck')";
    assert_eq!(database.psql(owners), owner);
    drop(project);
    remove_roles(&database);
}

#[test]
fn a_role_that_is_missing_or_not_granted_is_an_error_with_a_hint() {
    let database = server().database();
    let (login, owner) = names(&database);
    database.psql(&format!("CREATE ROLE {owner}; CREATE ROLE {login} LOGIN"));
    for (role, hint) in
        [(owner.as_str(), format!("GRANT \"{owner}\" TO \"{login}\"")), ("no one", "CREATE ROLE \"no one\"".to_owned())]
    {
        let project = project_as(&database, &login, &format!("role = \"{role}\""));
        project.script("0001aaaa0000", "", "SELECT 1;", "SELECT 1;");
        for line in ["current", "upgrade head", "downgrade base", "kept list", "drift", "stamp head", "ensure_version"]
        {
            let output = project.run(&line.split(' ').collect::<Vec<_>>()).expect_status(1);
            let named = format!("cannot switch to the role \"{role}\" of [apply] role");
            assert!(output.stderr.contains(&named), "{line}: {}", output.stderr);
            assert!(output.stderr.contains("hint: ") && output.stderr.contains(&hint), "{line}: {}", output.stderr);
        }
    }
    remove_roles(&database);
}
