//! Omits the name of a schema in statements where the search path finds the object without it.

use std::collections::BTreeSet;

use crate::core::sql::lexer::{Lexer, Token, TokenKind};

/// Writes `public.users` as `users` if `users` is one of the `known` names of the schema. Strings, dollar quotes and
/// comments are not changed, except for a string that is cast to `regclass`. The caller removes names from `known` that
/// `pg_catalog` also has. A statement that cannot be tokenized is returned unchanged.
#[must_use]
pub fn strip_schema(sql: &str, schema: &str, known: &BTreeSet<String>) -> String {
    let Some(text) = Tokens::read(sql) else { return sql.to_owned() };
    let places = 0..text.tokens.len();
    if places.clone().any(|at| text.is_alias(at, schema)) {
        return sql.to_owned();
    }
    let query_names: BTreeSet<String> = places.clone().filter_map(|at| text.query_name(at)).collect();
    // In a rule, `new` and `old` are rows.
    let is_known = |name: &str| known.contains(name) && !query_names.contains(name) && name != "new" && name != "old";
    let (mut short, mut written) = (String::with_capacity(sql.len()), 0);
    for at in places {
        let Some((start, end)) = text.qualifier(at, schema, &is_known) else { continue };
        short.push_str(sql.get(written..start).unwrap_or_default());
        written = end;
    }
    short.push_str(sql.get(written..).unwrap_or_default());
    short
}

/// The tokens of a statement, including spaces.
struct Tokens<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
}

impl<'a> Tokens<'a> {
    fn read(sql: &'a str) -> Option<Self> {
        let (mut lexer, mut tokens) = (Lexer::new(sql), Vec::new());
        while let Some(token) = lexer.next_token().ok()? {
            tokens.push(token);
        }
        Some(Self { sql, tokens })
    }

    /// The byte range to omit, if a qualified name or a `regclass` literal starts at this token.
    fn qualifier(&self, at: usize, schema: &str, is_known: &dyn Fn(&str) -> bool) -> Option<(usize, usize)> {
        let token = self.tokens.get(at)?;
        if token.kind == TokenKind::String {
            let cast = (1..=2).all(|next| self.is(at + next, ":")) && self.is_word(at + 3, "regclass");
            let inner = token.text(self.sql).strip_prefix('\'')?.strip_suffix('\'')?;
            let text = Self::read(inner).filter(|text| cast && text.tokens.len() == 3)?;
            let (start, end) = text.qualifier(0, schema, is_known)?;
            return Some((token.start + 1 + start, token.start + 1 + end));
        }
        let dot = self.tokens.get(at + 1)?;
        let is_qualifier = self.name(at)? == schema && self.is(at + 1, ".");
        let is_first = at.checked_sub(1).is_none_or(|before| !self.is(before, "."));
        (is_qualifier && is_first && is_known(&self.name(at + 2)?)).then_some((token.start, dot.end))
    }

    /// The name that a word or a quoted name means.
    fn name(&self, at: usize) -> Option<String> {
        let token = self.tokens.get(at)?;
        let text = token.text(self.sql);
        match token.kind {
            TokenKind::Word => Some(text.to_ascii_lowercase()),
            TokenKind::QuotedName => Some(text.strip_prefix('"')?.strip_suffix('"')?.replace("\"\"", "\"")),
            _ => None,
        }
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Other && token.text(self.sql) == text)
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_word(self.sql, word))
    }

    fn before(&self, at: usize) -> Option<usize> {
        (0..at).rev().find(|other| self.tokens.get(*other).is_some_and(|token| token.kind.is_significant()))
    }

    fn after(&self, at: usize) -> Option<usize> {
        (at + 1..self.tokens.len())
            .find(|other| self.tokens.get(*other).is_some_and(|token| token.kind.is_significant()))
    }

    /// Whether the schema's name is an alias of a table here: `FROM app.t public`.
    fn is_alias(&self, at: usize, schema: &str) -> bool {
        const NAMED: [&str; 4] = ["schema", "to", "from", "exists"];
        let is_alone = self.name(at).as_deref() == Some(schema) && !self.is(at + 1, ".");
        let Some(before) = self.before(at).filter(|_| is_alone) else { return false };
        let Some(token) = self.tokens.get(before) else { return false };
        match token.kind {
            TokenKind::Word => !NAMED.iter().any(|word| self.is_word(before, word)),
            TokenKind::QuotedName | TokenKind::CloseParenthesis => true,
            _ => false,
        }
    }

    /// The name of a query in WITH, which hides a table of the same name: `WITH users AS (…)`.
    fn query_name(&self, at: usize) -> Option<String> {
        let name = self.name(at)?;
        let before = self.before(at)?;
        let opens = self.is(before, ",") || self.is_word(before, "with") || self.is_word(before, "recursive");
        let after = self.after(at)?;
        let follows = self.is_word(after, "as")
            || self.tokens.get(after).is_some_and(|token| token.kind == TokenKind::OpenParenthesis);
        (opens && follows).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_omitted_only_before_a_known_name() {
        let known: BTreeSet<String> = ["users", "My Table", "mood", "seq", "f", "new"].map(str::to_owned).into();
        for (sql, expected) in [
            ("CREATE TABLE public.users (a public.mood)", "CREATE TABLE users (a mood)"),
            ("DROP TABLE public.\"My Table\"", "DROP TABLE \"My Table\""),
            ("SELECT \"public\".users.id", "SELECT users.id"),
            (
                "COMMENT ON COLUMN public.users.id IS 'of public.users'",
                "COMMENT ON COLUMN users.id IS 'of public.users'",
            ),
            ("COMMENT ON TABLE public.other IS $$public.users$$", "COMMENT ON TABLE public.other IS $$public.users$$"),
            ("SELECT app.public.users", "SELECT app.public.users"),
            (
                "SELECT a /* public.users */ FROM public.users -- public.f",
                "SELECT a /* public.users */ FROM users -- public.f",
            ),
            ("DEFAULT nextval('public.seq'::regclass)", "DEFAULT nextval('seq'::regclass)"),
            ("DEFAULT nextval('public.\"My Table\"'::regclass)", "DEFAULT nextval('\"My Table\"'::regclass)"),
            ("DEFAULT nextval('app.seq'::regclass)", "DEFAULT nextval('app.seq'::regclass)"),
            ("DEFAULT 'public.seq'::text", "DEFAULT 'public.seq'::text"),
            ("CREATE POLICY p ON public.users TO PUBLIC", "CREATE POLICY p ON users TO PUBLIC"),
            ("GRANT SELECT ON TABLE public.users TO a, PUBLIC", "GRANT SELECT ON TABLE users TO a, PUBLIC"),
            (
                "CREATE TRIGGER t EXECUTE FUNCTION public.f('public.f')",
                "CREATE TRIGGER t EXECUTE FUNCTION f('public.f')",
            ),
            ("SELECT 'a'::public.mood, é FROM public.f()", "SELECT 'a'::mood, é FROM f()"),
            ("SELECT publicity.users, public.USERS", "SELECT publicity.users, USERS"),
            ("INSERT INTO public.new VALUES (new.a)", "INSERT INTO public.new VALUES (new.a)"),
            ("SELECT public.users FROM app.t public", "SELECT public.users FROM app.t public"),
            (
                "WITH users AS (SELECT 1) SELECT * FROM public.users, public.mood",
                "WITH users AS (SELECT 1) SELECT * FROM public.users, mood",
            ),
            (
                "WITH RECURSIVE a(n) AS (SELECT 1), users(n) AS (SELECT 1) SELECT FROM public.users",
                "WITH RECURSIVE a(n) AS (SELECT 1), users(n) AS (SELECT 1) SELECT FROM public.users",
            ),
            ("SELECT 'not closed public.users", "SELECT 'not closed public.users"),
        ] {
            assert_eq!(strip_schema(sql, "public", &known), expected);
        }
    }

    #[test]
    fn any_schema_can_be_omitted() {
        let known = BTreeSet::from(["t".to_owned()]);
        assert_eq!(strip_schema("ALTER TABLE \"My app\".t ADD a app.t", "My app", &known), "ALTER TABLE t ADD a app.t");
    }
}
