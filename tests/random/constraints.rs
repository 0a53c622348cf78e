//! The constraints and indexes of a world's tables.

use super::render::Render;
use super::tables::PARTITIONED;
use super::types::{NUMBER, NUMERAL, TEXT};
use super::world::{Part, Side};

impl Render<'_> {
    pub fn constraints(&mut self, number: usize) {
        let (table, name) = (&self.world.tables[number], self.table_name(number));
        match table.key.at(self.at) {
            1 => self.say(&format!("ALTER TABLE {name} ADD PRIMARY KEY (id)")),
            2 => self.say(&format!("ALTER TABLE {name} ADD PRIMARY KEY (id) WITH (fillfactor = 70)")),
            3 => self.say(&format!("ALTER TABLE {name} ADD PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED")),
            _ => {}
        }
        for (place, part) in table.constraints.iter().enumerate() {
            let Some(definition) = self.constraint(number, part) else { continue };
            let called = format!("t{number}_{}{place}", if part.name.at(self.at) { "kk" } else { "k" });
            self.say(&format!("ALTER TABLE {name} ADD CONSTRAINT {called} {definition}"));
            self.comment("CONSTRAINT", &format!("{called} ON {name}"), part);
        }
    }

    fn comment(&mut self, what: &str, name: &str, part: &Part) {
        let comment = part.comment.at(self.at);
        if comment > 0 {
            self.say(&format!("COMMENT ON {what} {name} IS 'part {comment}'"));
        }
    }

    fn constraint(&self, number: usize, part: &Part) -> Option<String> {
        let table = &self.world.tables[number];
        let is_partitioned = table.shape == PARTITIONED;
        let variant = part.variant.at(self.at);
        if !part.side.is_at(self.at) {
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

    /// Foreign keys come when all tables are there: there are cycles. A table that comes or goes is empty, so that
    /// one that has rows cannot refer to it.
    pub fn references(&mut self, number: usize) {
        if !self.is_there(number) {
            return;
        }
        let (table, name) = (&self.world.tables[number], self.table_name(number));
        let letter = if self.parent(number).is_some() { 'q' } else { 'r' };
        for (place, part) in table.references.iter().enumerate() {
            let target = usize::from(part.other) % self.world.tables.len();
            let other = &self.world.tables[target];
            let has_rows = other.side == Side::Both || other.side == table.side;
            if !part.side.is_at(self.at) || !has_rows || !self.is_there(target) || !other.has_key(self.at) {
                continue;
            }
            let variant = part.variant.at(self.at);
            let rest = match variant {
                1 => " ON DELETE CASCADE",
                2 => " ON DELETE SET NULL",
                3 => " DEFERRABLE INITIALLY DEFERRED",
                4 => " ON UPDATE CASCADE DEFERRABLE",
                5 if table.shape != PARTITIONED && other.shape != PARTITIONED => " NOT VALID",
                6 => " MATCH FULL",
                _ => "",
            };
            let called = format!("t{number}_{}{place}", if part.name.at(self.at) { "ff" } else { "f" });
            let refers = format!("FOREIGN KEY ({letter}{place}) REFERENCES {}(id)", self.table_name(target));
            self.say(&format!("ALTER TABLE {name} ADD CONSTRAINT {called} {refers}{rest}"));
            self.comment("CONSTRAINT", &format!("{called} ON {name}"), part);
        }
    }

    pub fn indexes(&mut self, number: usize) {
        let (table, name) = (&self.world.tables[number], self.table_name(number));
        let schema = if table.in_app { "app" } else { "public" };
        for (place, part) in table.indexes.iter().enumerate() {
            if !part.side.is_at(self.at) {
                continue;
            }
            let column = self.sorted_column(number, part.other);
            let chosen = usize::from(part.other).checked_rem(table.columns.len()).map(|place| &table.columns[place]);
            let is_text = chosen.is_some_and(|column| matches!(column.family, NUMBER | TEXT | NUMERAL));
            let on = column.clone().unwrap_or_else(|| "id".to_owned());
            let (unique, rest) = match (part.kind + part.variant.at(self.at) / 4) % 10 {
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
            self.say(&format!("CREATE {unique}INDEX {called} ON {name} {rest}"));
            self.comment("INDEX", &format!("{schema}.{called}"), part);
        }
    }
}
