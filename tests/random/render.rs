//! One side of a world as SQL: its models.

use std::fmt::Write;

use super::world::{At, Noted, World};

/// The role that is granted things; the server has it.
pub const ROLE: &str = "random_reader";

/// One side of a world, being written.
pub struct Render<'w> {
    pub world: &'w World,
    pub at: At,
    /// The server's major version.
    pub major: u32,
    sql: String,
}

/// The models of one side.
pub fn models(world: &World, at: At, major: u32) -> String {
    let mut render = Render { world, at, major, sql: String::new() };
    render.all();
    render.sql
}

impl<'w> Render<'w> {
    /// To ask for names only.
    pub fn new(world: &'w World, at: At, major: u32) -> Self {
        Self { world, at, major, sql: String::new() }
    }

    /// Adds a statement.
    pub fn say(&mut self, statement: &str) {
        writeln!(self.sql, "{statement};").unwrap();
    }

    /// Adds a comment and grants.
    pub fn note(&mut self, what: &str, name: &str, noted: Noted) {
        let comment = noted.comment.at(self.at);
        if comment > 0 {
            self.say(&format!("COMMENT ON {what} {name} IS 'it''s {comment}'"));
        }
        let grant = noted.grant.at(self.at);
        let privilege = match (what, grant) {
            (_, 0) | ("COLUMN" | "INDEX" | "CONSTRAINT" | "TRIGGER", _) => return,
            (_, 1) => "ALL",
            ("TABLE" | "VIEW" | "MATERIALIZED VIEW", _) => "SELECT",
            ("SEQUENCE" | "TYPE" | "DOMAIN" | "SCHEMA", _) => "USAGE",
            _ => "EXECUTE",
        };
        let target = match what {
            "VIEW" | "MATERIALIZED VIEW" => "TABLE",
            "AGGREGATE" => "FUNCTION",
            other => other,
        };
        let option = if grant == 3 { " WITH GRANT OPTION" } else { "" };
        self.say(&format!("GRANT {privilege} ON {target} {name} TO {ROLE}{option}"));
        if grant == 2 && privilege == "EXECUTE" {
            self.say(&format!("REVOKE EXECUTE ON {target} {name} FROM public"));
        }
    }

    fn all(&mut self) {
        self.beginning();
        for number in 0..self.world.types.len() {
            self.one_type(number);
        }
        for number in 0..self.world.sequences.len() {
            self.sequence(number);
        }
        for number in 0..self.world.tables.len() {
            self.table(number);
        }
        for number in 0..self.world.tables.len() {
            self.references(number);
        }
        for number in 0..self.world.sequences.len() {
            self.owner(number);
        }
        for number in 0..self.world.views.len() {
            self.view(number);
        }
        for number in 0..self.world.routines.len() {
            self.routine(number);
        }
        for number in 0..self.world.tables.len() {
            self.attached(number);
        }
        self.end();
    }

    fn beginning(&mut self) {
        let wide = &self.world.wide;
        let body = wide.bodies.at(self.at);
        self.say("CREATE SCHEMA app");
        self.note("SCHEMA", "app", wide.schema_grants);
        if wide.extension.at(self.at) {
            self.say("CREATE EXTENSION citext SCHEMA public");
        }
        if wide.collation.at(self.at) {
            self.say("CREATE COLLATION app.c_again FROM \"C\"");
        }
        self.say(&format!(
            "CREATE FUNCTION app.ok(i integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT i > -{}'",
            body + 1
        ));
        self.say(&format!(
            "CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END -- {body}'"
        ));
        if wide.extra_schema.is_at(self.at) {
            self.say("CREATE SCHEMA extra");
            self.say("CREATE TABLE extra.things (id integer PRIMARY KEY, what text DEFAULT 'x')");
        }
        if wide.default_privileges.at(self.at) == 3 {
            self.say(&format!("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO {ROLE}"));
        }
    }

    fn end(&mut self) {
        let wide = &self.world.wide;
        match wide.default_privileges.at(self.at) {
            1 => self.say(&format!("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO {ROLE}")),
            2 => self.say("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM public"),
            _ => {}
        }
        let variant = wide.event_trigger.at(self.at);
        if variant > 0 {
            self.say("CREATE FUNCTION app.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'");
            let tags = if variant == 2 { " WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE')" } else { "" };
            self.say(&format!(
                "CREATE EVENT TRIGGER random_watch ON ddl_command_end{tags} EXECUTE FUNCTION app.on_ddl()"
            ));
        }
        if variant == 3 {
            self.say("ALTER EVENT TRIGGER random_watch DISABLE");
        }
    }

    fn sequence(&mut self, number: usize) {
        let sequence = &self.world.sequences[number];
        if !sequence.side.is_at(self.at) {
            return;
        }
        let options = [
            "",
            " INCREMENT 5",
            " AS smallint",
            " START 100 MAXVALUE 5000",
            " CACHE 20 CYCLE",
            " AS integer MINVALUE -10 START 3",
        ][usize::from(sequence.variant.at(self.at))];
        self.say(&format!("CREATE SEQUENCE app.s{number}{options}"));
        self.note("SEQUENCE", &format!("app.s{number}"), sequence.noted);
    }

    /// A sequence can only go with a column of its own schema.
    fn owner(&mut self, number: usize) {
        let sequence = &self.world.sequences[number];
        let chosen = usize::from(sequence.owner.at(self.at));
        if !sequence.side.is_at(self.at) || chosen == 0 {
            return;
        }
        let owner = (chosen - 1) % self.world.tables.len();
        let table = &self.world.tables[owner];
        if table.in_app && self.is_there(owner) && self.parent(owner).is_none() {
            self.say(&format!("ALTER SEQUENCE app.s{number} OWNED BY {}.id", self.table_name(owner)));
        }
    }
}
