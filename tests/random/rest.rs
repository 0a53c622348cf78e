//! Writes views, routines, and the objects that belong to tables.

use super::render::{ROLE, Render};

impl Render<'_> {
    /// The columns that a view can select from a table or an earlier view. `None` if that is not on this side.
    fn columns_of(&self, source: usize) -> Option<(String, Vec<String>)> {
        let tables = self.spec.tables.len();
        if source < tables {
            let table = &self.spec.tables[source];
            let there = (0..table.columns.len()).filter(|&place| self.column_type(&table.columns[place]).is_some());
            let names = there.map(|place| self.column_name(source, place));
            let columns = std::iter::once("id".to_owned()).chain(names).collect();
            return self.is_present(source).then(|| (self.table_name(source), columns));
        }
        let number = source - tables;
        let view = &self.spec.views[number];
        let (_, inner) = self.view_source(number)?;
        let columns = match view.variant.on(self.side) {
            0 => inner,
            3 => vec!["n".to_owned()],
            _ => inner.into_iter().take(1).collect(),
        };
        Some((format!("app.v{number}"), columns))
    }

    fn view_source(&self, number: usize) -> Option<(String, Vec<String>)> {
        let view = &self.spec.views[number];
        if !view.presence.is_on(self.side) {
            return None;
        }
        self.columns_of(usize::from(view.source) % (self.spec.tables.len() + number))
    }

    pub fn view(&mut self, number: usize) {
        let Some((source, columns)) = self.view_source(number) else { return };
        let view = &self.spec.views[number];
        let (all, first) = (columns.join(", "), &columns[0]);
        let query = match view.variant.on(self.side) {
            0 => format!("SELECT {all} FROM {source}"),
            1 => format!("SELECT {first} FROM {source}"),
            2 => format!("SELECT {first} FROM {source} WHERE {first} IS NOT NULL"),
            _ => format!("SELECT count(*) AS n FROM {source}"),
        };
        let what = if view.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
        let options = match view.options.on(self.side) {
            1 if !view.materialized => " WITH (security_barrier = true)",
            2 if !view.materialized && self.major >= 15 => " WITH (security_invoker = true)",
            1 => " WITH (fillfactor = 80)",
            _ => "",
        };
        let name = format!("app.v{number}");
        self.add(&format!("CREATE {what} {name}{options} AS {query}"));
        let column = if view.variant.on(self.side) == 3 { "n" } else { first };
        if view.materialized && view.indexed.on(self.side) {
            self.add(&format!("CREATE INDEX v{number}_ix ON {name} ({column})"));
        }
        self.annotate(what, &name, view.annotations);
    }

    pub fn routine(&mut self, number: usize) {
        let routine = &self.spec.routines[number];
        if !routine.presence.is_on(self.side) {
            return;
        }
        let variant = routine.variant.on(self.side);
        let other = usize::from(routine.other) % self.spec.tables.len();
        let table = self.is_present(other).then(|| self.table_name(other));
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
                self.add(&format!(
                    "CREATE AGGREGATE {name}(integer) (SFUNC = int4pl, STYPE = int, INITCOND = '{variant}')"
                ));
                return self.annotate("AGGREGATE", &format!("{name}(integer)"), routine.annotations);
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
                self.add(&format!("CREATE FUNCTION {name}{signature} {rest}"));
                return self.annotate("FUNCTION", &format!("{name}({table})"), routine.annotations);
            }
            _ => Self::scalar(variant),
        };
        self.add(&format!("CREATE {what} {name}{signature} {rest}"));
        self.annotate(
            what,
            &format!("{name}{}", if what == "PROCEDURE" { "(integer)" } else { plain(signature) }),
            routine.annotations,
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
        if !self.is_present(number) {
            return;
        }
        let (table, name) = (&self.spec.tables[number], self.table_name(number));
        for (place, part) in table.attached.iter().enumerate() {
            let called = format!("t{number}_x{place}");
            let variant = part.variant.on(self.side);
            if !part.presence.is_on(self.side) {
                continue;
            }
            let column = self.sorted_column(number, part.other);
            match part.kind {
                0 => self.trigger(&name, &called, variant, column.as_deref().unwrap_or("id")),
                1 => {
                    let action = if variant % 2 == 0 { "INSTEAD NOTHING" } else { "ALSO NOTHING" };
                    self.add(&format!("CREATE RULE {called} AS ON DELETE TO {name} WHERE old.id = 999 DO {action}"));
                }
                2 => self.policy(&name, &called, variant),
                _ => {
                    let kind = ["(ndistinct)", "(dependencies)", "(mcv)", ""][usize::from(variant % 4)];
                    let schema = if table.in_app { "app" } else { "public" };
                    if let Some(column) = column {
                        self.add(&format!("CREATE STATISTICS {schema}.{called} {kind} ON id, {column} FROM {name}"));
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
        self.add(&format!("CREATE {constraint}TRIGGER {name} {what} {table} {rest}EXECUTE FUNCTION app.touch()"));
        match variant {
            8 => self.add(&format!("ALTER TABLE {table} DISABLE TRIGGER {name}")),
            9 => self.add(&format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")),
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
        self.add(&format!("CREATE POLICY {name} ON {table}{restrictive} {rest}"));
    }
}

/// The signature in the syntax of COMMENT.
fn plain(signature: &'static str) -> &'static str {
    match signature {
        "()" => "()",
        "(t text)" => "(text)",
        _ => "(integer, integer)",
    }
}
