//! Views, routines, and what stands on the tables of a world.

use super::render::{ROLE, Render};

impl Render<'_> {
    /// The columns that a view can take from a table, or from a view before it; `None` where that is not there.
    fn columns_of(&self, source: usize) -> Option<(String, Vec<String>)> {
        let tables = self.world.tables.len();
        if source < tables {
            let table = &self.world.tables[source];
            let there = (0..table.columns.len()).filter(|&place| self.column_type(&table.columns[place]).is_some());
            let names = there.map(|place| self.column_name(source, place));
            let columns = std::iter::once("id".to_owned()).chain(names).collect();
            return self.is_there(source).then(|| (self.table_name(source), columns));
        }
        let number = source - tables;
        let view = &self.world.views[number];
        let (_, inner) = self.view_source(number)?;
        let columns = match view.variant.at(self.at) {
            0 => inner,
            3 => vec!["n".to_owned()],
            _ => inner.into_iter().take(1).collect(),
        };
        Some((format!("app.v{number}"), columns))
    }

    fn view_source(&self, number: usize) -> Option<(String, Vec<String>)> {
        let view = &self.world.views[number];
        if !view.side.is_at(self.at) {
            return None;
        }
        self.columns_of(usize::from(view.source) % (self.world.tables.len() + number))
    }

    pub fn view(&mut self, number: usize) {
        let Some((source, columns)) = self.view_source(number) else { return };
        let view = &self.world.views[number];
        let (all, first) = (columns.join(", "), &columns[0]);
        let query = match view.variant.at(self.at) {
            0 => format!("SELECT {all} FROM {source}"),
            1 => format!("SELECT {first} FROM {source}"),
            2 => format!("SELECT {first} FROM {source} WHERE {first} IS NOT NULL"),
            _ => format!("SELECT count(*) AS n FROM {source}"),
        };
        let what = if view.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
        let options = match view.options.at(self.at) {
            1 if !view.materialized => " WITH (security_barrier = true)",
            2 if !view.materialized && self.major >= 15 => " WITH (security_invoker = true)",
            1 => " WITH (fillfactor = 80)",
            _ => "",
        };
        let name = format!("app.v{number}");
        self.say(&format!("CREATE {what} {name}{options} AS {query}"));
        let column = if view.variant.at(self.at) == 3 { "n" } else { first };
        if view.materialized && view.indexed.at(self.at) {
            self.say(&format!("CREATE INDEX v{number}_ix ON {name} ({column})"));
        }
        self.note(what, &name, view.noted);
    }

    pub fn routine(&mut self, number: usize) {
        let routine = &self.world.routines[number];
        if !routine.side.is_at(self.at) {
            return;
        }
        let variant = routine.variant.at(self.at);
        let other = usize::from(routine.other) % self.world.tables.len();
        let table = self.is_there(other).then(|| self.table_name(other));
        let name = format!("app.f{number}");
        let (what, signature, rest) = match (routine.kind, table) {
            (1, _) => {
                let rest = format!("RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN ''{variant}''; END'");
                ("FUNCTION", "(t text)", rest)
            }
            (2, Some(table)) => {
                let rest = format!("RETURNS SETOF {table} LANGUAGE sql AS 'SELECT * FROM {table} LIMIT {variant}'");
                ("FUNCTION", "()", rest)
            }
            (4, _) => ("PROCEDURE", "(INOUT n integer)", format!("LANGUAGE plpgsql AS 'BEGIN n := {variant}; END'")),
            (5, _) => {
                self.say(&format!(
                    "CREATE AGGREGATE {name}(integer) (SFUNC = int4pl, STYPE = int, INITCOND = '{variant}')"
                ));
                return self.note("AGGREGATE", &format!("{name}(integer)"), routine.noted);
            }
            (6, _) => {
                let columns = if variant > 3 { "a integer, b text" } else { "a integer" };
                let query = if variant > 3 { "SELECT 1, ''x''::text" } else { "SELECT 1" };
                ("FUNCTION", "()", format!("RETURNS TABLE({columns}) LANGUAGE sql AS '{query}'"))
            }
            (7, Some(table)) if self.major >= 14 => {
                let rest =
                    format!("RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) + {variant} FROM {table}; END");
                ("FUNCTION", "()", rest)
            }
            (8, Some(table)) => {
                let rest = format!("RETURNS integer LANGUAGE sql AS 'SELECT ($1).id::integer + {variant}'");
                let signature = format!("(r {table})");
                self.say(&format!("CREATE FUNCTION {name}{signature} {rest}"));
                return self.note("FUNCTION", &format!("{name}({table})"), routine.noted);
            }
            _ => Self::scalar(variant),
        };
        self.say(&format!("CREATE {what} {name}{signature} {rest}"));
        self.note(
            what,
            &format!("{name}{}", if what == "PROCEDURE" { "(integer)" } else { plain(signature) }),
            routine.noted,
        );
    }

    fn scalar(variant: u8) -> (&'static str, &'static str, String) {
        let (signature, word) = match variant {
            1 => ("(a integer, b integer DEFAULT 2)", " IMMUTABLE"),
            2 => ("(a integer, b integer DEFAULT 3)", " STABLE STRICT"),
            3 => ("(x integer, b integer DEFAULT 2)", ""),
            4 => ("(a integer, b integer)", " SECURITY DEFINER COST 5"),
            _ => ("(a integer, b integer DEFAULT 2)", ""),
        };
        let result = if variant == 5 { "bigint" } else { "integer" };
        ("FUNCTION", signature, format!("RETURNS {result} LANGUAGE sql{word} AS 'SELECT ($1 + {variant})::{result}'"))
    }

    pub fn attached(&mut self, number: usize) {
        if !self.is_there(number) {
            return;
        }
        let (table, name) = (&self.world.tables[number], self.table_name(number));
        for (place, part) in table.attached.iter().enumerate() {
            let called = format!("t{number}_x{place}");
            let variant = part.variant.at(self.at);
            if !part.side.is_at(self.at) {
                continue;
            }
            let column = self.sorted_column(number, part.other);
            match part.kind {
                0 => self.trigger(&name, &called, variant, column.as_deref().unwrap_or("id")),
                1 => {
                    let action = if variant % 2 == 0 { "INSTEAD NOTHING" } else { "ALSO NOTHING" };
                    self.say(&format!("CREATE RULE {called} AS ON DELETE TO {name} WHERE old.id = 999 DO {action}"));
                }
                2 => self.policy(&name, &called, variant),
                _ => {
                    let kind = ["(ndistinct)", "(dependencies)", "(mcv)", ""][usize::from(variant % 4)];
                    let schema = if table.in_app { "app" } else { "public" };
                    if let Some(column) = column {
                        self.say(&format!("CREATE STATISTICS {schema}.{called} {kind} ON id, {column} FROM {name}"));
                    }
                }
            }
        }
    }

    fn trigger(&mut self, table: &str, name: &str, variant: u8, column: &str) {
        let what = match variant % 6 {
            0 | 3 => "BEFORE UPDATE ON".to_owned(),
            2 => format!("BEFORE UPDATE OF {column} ON"),
            4 => "AFTER UPDATE OR DELETE ON".to_owned(),
            _ => "AFTER INSERT ON".to_owned(),
        };
        let rest = match variant % 6 {
            3 => "FOR EACH ROW WHEN (old.id <> new.id) ".to_owned(),
            4 => "FOR EACH STATEMENT ".to_owned(),
            _ => "FOR EACH ROW ".to_owned(),
        };
        let constraint = if variant == 5 { "CONSTRAINT " } else { "" };
        self.say(&format!("CREATE {constraint}TRIGGER {name} {what} {table} {rest}EXECUTE FUNCTION app.touch()"));
        match variant {
            8 => self.say(&format!("ALTER TABLE {table} DISABLE TRIGGER {name}")),
            9 => self.say(&format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")),
            _ => {}
        }
    }

    fn policy(&mut self, table: &str, name: &str, variant: u8) {
        let restrictive = if variant > 8 { " AS RESTRICTIVE" } else { "" };
        let rest = match variant % 5 {
            0 => format!("USING (id > {variant})"),
            1 => format!("FOR SELECT TO {ROLE} USING (id > 1)"),
            2 => "FOR ALL USING (id > 0) WITH CHECK (app.ok(id::integer))".to_owned(),
            3 => "FOR INSERT WITH CHECK (id > 0)".to_owned(),
            _ => format!("FOR UPDATE TO {ROLE} USING (id > 1) WITH CHECK (id < {variant})"),
        };
        self.say(&format!("CREATE POLICY {name} ON {table}{restrictive} {rest}"));
    }
}

/// A signature as COMMENT takes it.
fn plain(signature: &'static str) -> &'static str {
    match signature {
        "()" => "()",
        "(t text)" => "(text)",
        _ => "(integer, integer)",
    }
}
