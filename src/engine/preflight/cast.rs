//! Counts the values that a change of their column's type changes or rejects. Each value is tried on the server, in a
//! block that catches errors, so that one bad value ends neither the count nor the transaction.

use tokio_postgres::{Client, Error};

use crate::core::statement::Question;
use crate::core::statement::cast::{self, Cast, TypeName};
use crate::engine::connection::identifier::{literal, quote};

/// A column that gets another type.
pub(super) struct Change<'a> {
    pub table: &'a str,
    column: &'a str,
    to: &'a str,
    chain: &'a [String],
    rejected: bool,
    /// Its current type.
    from: String,
    /// Whether values of the new type convert back without going through text.
    returns: bool,
}

/// What the types alone show.
pub(super) enum Conversion<'a> {
    /// No value can change (or be rejected, if that is the question).
    Safe,
    /// Each value has to be tried.
    Try(Change<'a>),
    /// The server has no such cast, or a type is not built in.
    Unknown,
}

/// Reads the column's type and compares it with the new one.
///
/// # Errors
/// If the server rejects the query.
pub(super) async fn read_types<'a>(
    client: &Client,
    table: &'a str,
    question: &'a Question,
) -> Result<Conversion<'a>, Error> {
    let Question::Cast { column, to, chain, rejected } = question else { return Ok(Conversion::Unknown) };
    let last = chain.last().cloned();
    let row = client.query_opt(TYPES, &[&table, column, to, &last]).await?;
    let Some(row) = row else { return Ok(Conversion::Unknown) };
    let (from, casts, returns): (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
    let harmless = match cast::convert(&from, chain, to) {
        Cast::Safe => true,
        Cast::Unknown => return Ok(Conversion::Unknown),
        Cast::MayFail { .. } => !rejected,
        Cast::Loses { .. } => *rejected && chain.is_empty() && !cast::may_reject(&from, &[], to),
    };
    Ok(match (harmless, casts) {
        (true, _) => Conversion::Safe,
        (false, true) => Conversion::Try(Change { table, column, to, chain, rejected: *rejected, from, returns }),
        (false, false) => Conversion::Unknown,
    })
}

impl Change<'_> {
    /// How many rows there are, and how many values are changed or refused.
    ///
    /// # Errors
    /// When the rows cannot be read in time.
    pub async fn count(&self, client: &Client) -> Result<(u64, u64), Error> {
        client.execute(&self.block(), &[]).await?;
        let query = "SELECT string_to_array(current_setting('limbeck.counted'), ' ')::bigint[]";
        let counts: Vec<i64> = client.query_one(query, &[]).await?.get(0);
        let at = |place: usize| counts.get(place).copied().unwrap_or_default().unsigned_abs();
        Ok((at(0), if self.rejected { at(2) } else { at(1) + at(2) }))
    }

    /// First all values are cast in one query. Only where one of them is refused, or the length of the new type counts
    /// (which a cast cuts to, and an assignment refuses), they are taken one by one.
    fn block(&self) -> String {
        let (table, column) = (self.table, quote(self.column));
        let (from, to) = (&self.from, self.to);
        let one_by_one = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
        let differs = format!("NOT ({})", self.is_same(&format!("({})::{to}", self.cast(&column)), &column));
        let whole = format!("SELECT count({column}) FILTER (WHERE {differs}) FROM {table}");
        let first = match self.first_look() {
            FirstLook::Decides => format!(
                "BEGIN EXECUTE {} INTO changed; done := true; EXCEPTION WHEN others THEN NULL; END;",
                literal(&whole)
            ),
            FirstLook::Narrows => format!(
                "BEGIN EXECUTE {} INTO changed; done := changed = 0; rest := rest || {}; changed := 0; EXCEPTION WHEN others THEN changed := 0; END;",
                literal(&whole),
                literal(&format!(" AND {differs}"))
            ),
            FirstLook::TellsNothing => String::new(),
        };
        format!(
            "DO $limbeck_count$
             DECLARE
                 was {from}; came {to}; went boolean; done boolean := false; rest text := {rest};
                 total bigint; changed bigint := 0; rejected bigint := 0;
             BEGIN
                 SELECT count(*) INTO total FROM {table};
                 {first}
                 IF NOT done THEN
                     FOR was IN EXECUTE rest LOOP
                         BEGIN
                             went := false;
                             came := {cast};
                             went := true;
                             IF NOT ({same}) THEN changed := changed + 1; END IF;
                         EXCEPTION WHEN others THEN
                             IF went THEN changed := changed + 1; ELSE rejected := rejected + 1; END IF;
                         END;
                     END LOOP;
                 END IF;
                 PERFORM set_config('limbeck.counted', concat_ws(' ', total, changed, rejected), true);
             END $limbeck_count$",
            rest = literal(&one_by_one),
            cast = self.cast("was"),
            same = self.is_same("came", "was"),
        )
    }

    /// A value on the way that `USING` sends it.
    fn cast(&self, value: &str) -> String {
        self.chain.iter().fold(value.to_owned(), |value, ty| format!("({value})::{ty}"))
    }

    /// Whether a value comes back as it was. Scales and padding are no part of a value; everything else is compared as
    /// it is written.
    fn is_same(&self, came: &str, was: &str) -> String {
        let from = &self.from;
        let back = if self.returns { format!("({came})::{from}") } else { format!("({came})::text::{from}") };
        let ty = TypeName::parse(from);
        if ty.element().is_none() && ["numeric", "bpchar"].contains(&ty.name.as_str()) {
            format!("({back} = {was}) IS TRUE")
        } else {
            format!("({back})::text IS NOT DISTINCT FROM ({was})::text")
        }
    }

    fn first_look(&self) -> FirstLook {
        const WORDS: [&str; 3] = ["text", "varchar", "bpchar"];
        let is_word = |ty: &TypeName| ty.element().is_none() && WORDS.contains(&ty.name.as_str());
        let to = TypeName::parse(self.to);
        let from = TypeName::parse(self.chain.last().map_or(&self.from, |last| last));
        let limited = ["varchar", "bpchar", "bit", "varbit"].contains(&to.name.as_str()) && !to.modifiers.is_empty();
        match limited {
            false => FirstLook::Decides,
            true if is_word(&from) && is_word(&to) => FirstLook::Narrows,
            true => FirstLook::TellsNothing,
        }
    }
}

/// What comes of casting all values in one query.
enum FirstLook {
    /// It counts what is changed, unless one is refused.
    Decides,
    /// It tells which values have to be tried.
    Narrows,
    TellsNothing,
}

/// The type of a column, whether the server takes values from it (or from the last type of a chain) to the new one
/// without being told how, and whether there is an explicit cast back.
const TYPES: &str = "
    WITH asked AS (
        SELECT format_type(a.atttypid, a.atttypmod) AS type, a.atttypid AS here,
            coalesce(to_regtype($4)::oid, a.atttypid) AS source, to_regtype($3)::oid AS target
        FROM pg_attribute a
        WHERE a.attrelid = to_regclass($1) AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped
    ), bare AS (
        SELECT asked.*,
            CASE WHEN s.typcategory = 'A' AND t.typcategory = 'A' AND s.typelem <> 0 THEN s.typelem ELSE s.oid END AS one,
            CASE WHEN s.typcategory = 'A' AND t.typcategory = 'A' AND s.typelem <> 0 THEN t.typelem ELSE t.oid END AS other,
            CASE WHEN h.typcategory = 'A' AND t.typcategory = 'A' AND h.typelem <> 0 THEN h.typelem ELSE h.oid END AS home,
            CASE WHEN h.typcategory = 'A' AND t.typcategory = 'A' AND h.typelem <> 0 THEN t.typelem ELSE t.oid END AS away
        FROM asked JOIN pg_type s ON s.oid = source JOIN pg_type t ON t.oid = target JOIN pg_type h ON h.oid = here
    )
    SELECT type,
        one = other OR EXISTS (SELECT FROM pg_cast WHERE castsource = one AND casttarget = other AND castcontext IN ('a', 'i'))
            OR (SELECT typcategory = 'S' FROM pg_type WHERE oid = other)
                AND NOT EXISTS (SELECT FROM pg_cast WHERE castsource = one AND casttarget = other),
        home = away OR EXISTS (SELECT FROM pg_cast WHERE castsource = away AND casttarget = home)
            OR (SELECT bool_or(typcategory = 'S') FROM pg_type WHERE oid IN (home, away))
    FROM bare";
