//! Somebody who may create objects in the schema `public` creates relations with the names of limbeck's tables, to run code
//! as the migrating role.

use crate::support::{TestDatabase, TestProject, server};

/// Creates the roles and a function of the intruder that records who called it.
const SETUP: &str = "
    GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC;
    GRANT CREATE ON DATABASE DATABASE_NAME TO PUBLIC;
    CREATE TABLE called (by text);
    GRANT INSERT, SELECT ON called TO PUBLIC;
    SET ROLE INTRUDER;
    CREATE FUNCTION public.record() RETURNS text LANGUAGE plpgsql AS
        $$ BEGIN IF current_user <> 'INTRUDER' THEN INSERT INTO public.called VALUES (current_user); END IF; RETURN 'x'; END $$;
    CREATE FUNCTION public.is_recorded(text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
    CREATE FUNCTION public.record_row() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM public.record(); RETURN NEW; END $$;";

/// A version table as Alembic creates it.
const VERSIONS: &str = "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
    GRANT ALL ON alembic_version TO PUBLIC;";

/// What the intruder creates, and what limbeck says. `None`: limbeck accepts it.
const CASES: [(&str, Option<&str>); 21] = [
    // A table of another role, for example of the owner of the schema, is common.
    ("VERSIONS", None),
    ("VERSIONS ALTER TABLE alembic_version ADD note text DEFAULT now()::text CHECK (length(note) > 0)", None),
    ("VERSIONS CREATE INDEX more ON alembic_version (lower(version_num))", None),
    ("CREATE VIEW alembic_version AS SELECT public.record()::varchar AS version_num", Some("it is a view")),
    (
        "CREATE TABLE parent (version_num varchar(32)) PARTITION BY LIST (version_num);
         CREATE TABLE alembic_version PARTITION OF parent DEFAULT; GRANT ALL ON alembic_version TO PUBLIC",
        Some("it is a partition"),
    ),
    (
        "VERSIONS CREATE TRIGGER t BEFORE INSERT ON alembic_version FOR EACH ROW EXECUTE FUNCTION record_row()",
        Some("it has the trigger t"),
    ),
    (
        "VERSIONS CREATE RULE r AS ON INSERT TO alembic_version DO ALSO SELECT public.record()",
        Some("it has the rule r"),
    ),
    (
        "VERSIONS ALTER TABLE alembic_version ADD note text DEFAULT public.record()",
        Some("the default of the column note calls a function"),
    ),
    (
        "VERSIONS ALTER TABLE alembic_version ADD note bool GENERATED ALWAYS AS (public.is_recorded(version_num)) STORED",
        Some("the default of the column note calls a function"),
    ),
    (
        "VERSIONS ALTER TABLE alembic_version ADD CONSTRAINT c CHECK (public.is_recorded(version_num))",
        Some("the constraint c calls a function"),
    ),
    (
        "VERSIONS CREATE INDEX i ON alembic_version (public.is_recorded(version_num))",
        Some("calls a function"),
    ),
    (
        "CREATE DOMAIN id AS varchar(32) CHECK (public.is_recorded(VALUE)); CREATE TABLE alembic_version (version_num id PRIMARY KEY);
         GRANT ALL ON alembic_version TO PUBLIC",
        Some("the domain of the column version_num calls a function"),
    ),
    (
        "CREATE DOMAIN inner_id AS varchar(32) CHECK (public.is_recorded(VALUE)); CREATE DOMAIN id AS inner_id;
         CREATE TABLE alembic_version (version_num id PRIMARY KEY); GRANT ALL ON alembic_version TO PUBLIC",
        Some("the domain of the column version_num calls a function"),
    ),
    (
        "VERSIONS CREATE TABLE child () INHERITS (alembic_version);
         CREATE TRIGGER t BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION record_row()",
        Some("it has the child table"),
    ),
    (
        "VERSIONS ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;
         CREATE POLICY p ON alembic_version USING (public.is_recorded(version_num))",
        Some("the policy p calls a function"),
    ),
    // limbeck's own tables must belong to a trusted role.
    ("CREATE TABLE public.limbeck_log (id int)", Some("it belongs to INTRUDER")),
    (
        "CREATE VIEW public.limbeck_log AS SELECT public.record() AS revision, 1::bigint AS id",
        Some("it belongs to INTRUDER"),
    ),
    ("CREATE SCHEMA limbeck; GRANT USAGE ON SCHEMA limbeck TO PUBLIC; CREATE TABLE limbeck.log (id int)", Some("the schema limbeck belongs to INTRUDER")),
    ("CREATE SCHEMA limbeck; GRANT USAGE ON SCHEMA limbeck TO PUBLIC; CREATE TABLE limbeck.kept (id int)", Some("the schema limbeck belongs to INTRUDER")),
    ("CREATE SCHEMA limbeck; GRANT ALL ON SCHEMA limbeck TO PUBLIC", Some("the schema limbeck belongs to INTRUDER")),
    ("CREATE TABLE public.limbeck_kept (id int)", Some("it belongs to INTRUDER")),
];

/// A database with roles that no other test uses.
struct Site {
    database: TestDatabase<'static>,
    project: TestProject,
    intruder: String,
    migrator: String,
}

impl Site {
    /// `is_superuser`: whether the migrating role is a superuser, for whom PostgreSQL checks no membership.
    fn new(is_superuser: bool) -> Self {
        let database = server().database();
        let project = TestProject::on(&database);
        let (intruder, migrator) = (format!("intruder_{}", database.name()), format!("migrator_{}", database.name()));
        let superuser = if is_superuser { "SUPERUSER" } else { "" };
        database.psql(&format!("CREATE ROLE {intruder}; CREATE ROLE {migrator} LOGIN {superuser}"));
        let setup = SETUP.replace("INTRUDER", &intruder).replace("DATABASE_NAME", database.name());
        database.psql(&setup);
        project.script("aaaa00000001", "", "CREATE TABLE one (id int PRIMARY KEY);\nINSERT INTO one VALUES (1);", "");
        project.script("aaaa00000002", "aaaa00000001", "DELETE FROM one;", "");
        Self { database, project, intruder, migrator }
    }

    fn url(&self) -> String {
        self.database.url().replace("postgres@", &format!("{}@", self.migrator))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let Self { database, intruder, migrator, .. } = self;
        database.psql(&format!("DROP OWNED BY {intruder}, {migrator} CASCADE; DROP ROLE {intruder}, {migrator}"));
    }
}

#[test]
fn relations_that_run_code_of_another_role_are_refused() {
    for is_superuser in [false, true] {
        for (planted, refused) in CASES {
            let site = Site::new(is_superuser);
            let planted = planted.replace("VERSIONS", VERSIONS);
            site.database.psql(&format!("SET ROLE {}; {planted}", site.intruder));
            let url = site.url();
            for arguments in [&["current"][..], &["upgrade", "head", "--allow", "data-loss"], &["kept", "list"]] {
                let run = site.project.run(&[&["--database-url", &url], arguments].concat());
                assert!(refused.is_some() || run.status == Some(0), "{planted}: {arguments:?}: {}", run.stderr);
                if arguments[0] == "upgrade"
                    && let Some(why) = refused
                {
                    let why = why.replace("INTRUDER", &site.intruder);
                    assert_eq!(run.status, Some(1), "{planted}: {}", run.stderr);
                    assert!(run.stderr.contains(&why), "{planted}: {}", run.stderr);
                    assert!(run.stderr.contains("hint: "), "{planted}: {}", run.stderr);
                }
            }
            assert_eq!(site.database.psql("SELECT count(*) FROM called"), "0", "{planted}");
        }
    }
}

#[test]
fn code_of_a_role_whose_privileges_the_migrator_has_is_accepted() {
    let site = Site::new(false);
    let Site { database, intruder, migrator, .. } = &site;
    database.psql(&format!(
        "GRANT {intruder} TO {migrator}; SET ROLE {intruder}; {VERSIONS}
        CREATE TRIGGER t BEFORE INSERT ON alembic_version FOR EACH ROW EXECUTE FUNCTION record_row()"
    ));
    let run = site.project.run(&["--database-url", &site.url(), "upgrade", "aaaa00000001"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM called"), "1", "{}", run.stderr);
}

#[test]
fn a_ledger_of_the_database_owner_and_of_a_superuser_is_accepted() {
    let site = Site::new(false);
    let Site { database, migrator, .. } = &site;
    site.project.run(&["upgrade", "aaaa00000001"]).expect_status(0);
    database.psql(&format!(
        "GRANT USAGE ON SCHEMA limbeck TO {migrator}; GRANT ALL ON ALL TABLES IN SCHEMA limbeck TO {migrator};
         GRANT ALL ON alembic_version, one TO {migrator}"
    ));
    site.project
        .run(&["--database-url", &site.url(), "upgrade", "head", "--allow", "data-loss", "--no-keep"])
        .expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM limbeck.log"), "2");
}
