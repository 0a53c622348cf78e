//! Writes the constraints and indexes of the tables.

use super::render::Render;
use super::spec::{Part, Presence};
use super::tables::PARTITIONED;
use super::types::{NUMBER, NUMERAL, TEXT};

impl Render<'_> {
    pub fn constraints(&mut self, number: usize) {
        let (table, name) = (&self.spec.tables[number], self.table_name(number));
        match table.key.on(self.side) {
            1 => self.add(&format!("ALTER TABLE {name} ADD PRIMARY KEY (id)")),
            2 => self.add(&format!("ALTER TABLE {name} ADD PRIMARY KEY (id) WITH (fillfactor = 70)")),
            3 => self.add(&format!("ALTER TABLE {name} ADD PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED")),
            _ => {}
        }
        for (place, part) in table.constraints.iter().enumerate() {
            let Some(definition) = self.constraint(number, part) else { continue };
            let called = format!("t{number}_{}{place}", if part.name.on(self.side) { "kk" } else { "k" });
            self.add(&format!("ALTER TABLE {name} ADD CONSTRAINT {called} {definition}"));
            self.comment("CONSTRAINT", &format!("{called} ON {name}"), part);
        }
    }

    fn comment(&mut self, what: &str, name: &str, part: &Part) {
        let comment = part.comment.on(self.side);
        if comment > 0 {
            self.add(&format!("COMMENT ON {what} {name} IS 'part {comment}'"));
        }
    }

    fn constraint(&self, number: usize, part: &Part) -> Option<String> {
        let table = &self.spec.tables[number];
        let is_partitioned = table.shape == PARTITIONED;
        let variant = part.variant.on(self.side);
        if !part.presence.is_on(self.side) {
            return None;
        }
        let sorted = self.sorted_column(number, part.other);
        let definition = match part.kind {
            0 if variant % 5 == 4 && !is_partitioned => format!("CHECK (id > -{variant}) NO INHERIT"),
            1 => {
                let count = table.columns.len();
                let place = usize::from(part.other).checked_rem(count)?;
                self.column_type(&table.columns[place])?;
                let not_valid = if variant % 7 == 6 { " NOT VALID" } else { "" };
                format!("CHECK ({}::text <> 'never{variant}'){not_valid}", self.column_name(number, place))
            }
            2 => {
                let column = sorted.map_or(String::new(), |column| format!(", {column}"));
                let nulls = if variant % 4 == 2 && self.major >= 15 { " NULLS NOT DISTINCT" } else { "" };
                let deferrable = if variant % 4 == 3 { " DEFERRABLE" } else { "" };
                format!("UNIQUE{nulls} (id{column}){deferrable}")
            }
            3 if !is_partitioned => "EXCLUDE USING btree (id WITH =)".to_owned(),
            4 => "CHECK (app.ok(id::integer))".to_owned(),
            _ => format!("CHECK (id > -{variant})"),
        };
        Some(definition)
    }

    /// Writes the foreign keys after all tables, because they can form cycles. A table on only one side is empty, so
    /// that a table with rows cannot refer to it.
    pub fn references(&mut self, number: usize) {
        if !self.is_present(number) {
            return;
        }
        let (table, name) = (&self.spec.tables[number], self.table_name(number));
        let letter = if self.parent(number).is_some() { 'q' } else { 'r' };
        for (place, part) in table.references.iter().enumerate() {
            let target = usize::from(part.other) % self.spec.tables.len();
            let other = &self.spec.tables[target];
            let has_rows = other.presence == Presence::Both || other.presence == table.presence;
            if !part.presence.is_on(self.side) || !has_rows || !self.is_present(target) || !other.has_key(self.side) {
                continue;
            }
            let variant = part.variant.on(self.side);
            let rest = match variant {
                1 => " ON DELETE CASCADE",
                2 => " ON DELETE SET NULL",
                3 => " DEFERRABLE INITIALLY DEFERRED",
                4 => " ON UPDATE CASCADE DEFERRABLE",
                5 if table.shape != PARTITIONED && other.shape != PARTITIONED => " NOT VALID",
                6 => " MATCH FULL",
                _ => "",
            };
            let called = format!("t{number}_{}{place}", if part.name.on(self.side) { "ff" } else { "f" });
            let refers = format!("FOREIGN KEY ({letter}{place}) REFERENCES {}(id)", self.table_name(target));
            self.add(&format!("ALTER TABLE {name} ADD CONSTRAINT {called} {refers}{rest}"));
            self.comment("CONSTRAINT", &format!("{called} ON {name}"), part);
        }
    }

    pub fn indexes(&mut self, number: usize) {
        let (table, name) = (&self.spec.tables[number], self.table_name(number));
        let schema = if table.in_app { "app" } else { "public" };
        for (place, part) in table.indexes.iter().enumerate() {
            if !part.presence.is_on(self.side) {
                continue;
            }
            let column = self.sorted_column(number, part.other);
            let chosen = usize::from(part.other).checked_rem(table.columns.len()).map(|place| &table.columns[place]);
            let is_text = chosen.is_some_and(|column| matches!(column.family, NUMBER | TEXT | NUMERAL));
            let on = column.clone().unwrap_or_else(|| "id".to_owned());
            let (unique, rest) = match (part.kind + part.variant.on(self.side) / 4) % 10 {
                1 => ("", format!("({on} DESC NULLS LAST)")),
                2 => ("UNIQUE ", "(id)".to_owned()),
                3 => ("", format!("({on}) WHERE id > 0")),
                4 if is_text && column.is_some() => ("", format!("(lower({on}::text), id)")),
                5 if on != "id" => ("", format!("(id) INCLUDE ({on})")),
                6 => ("", format!("USING hash ({on})")),
                7 => ("", "USING brin (id)".to_owned()),
                8 => ("", format!("(id, {on}) WITH (fillfactor = 70)")),
                9 => ("", "((id * 3))".to_owned()),
                _ => ("", format!("({on})")),
            };
            let called = format!("t{number}_i{place}");
            self.add(&format!("CREATE {unique}INDEX {called} ON {name} {rest}"));
            self.comment("INDEX", &format!("{schema}.{called}"), part);
        }
    }
}
