//! Difficult snippets and the kinds of their tokens.

use super::*;

/// `text` with every token as `kind‹token›`.
fn marked(text: &str) -> String {
    marked_in(Language::Sql, text)
}

fn marked_in(language: Language, text: &str) -> String {
    let highlighted = highlight(language, text);
    assert_eq!(highlighted.lines.len(), text.lines().count());
    let lines = text.lines().zip(&highlighted.lines).map(|(line, tokens)| {
        let mut marked = String::new();
        let mut end = 0;
        for (range, kind) in tokens {
            assert!(range.start >= end, "in order: {line}");
            marked.push_str(&line[end..range.start]);
            marked.extend([letter(*kind), '‹']);
            marked.push_str(&line[range.clone()]);
            marked.push('›');
            end = range.end;
        }
        marked + &line[end..]
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn letter(kind: TokenKind) -> char {
    match kind {
        TokenKind::Keyword => 'k',
        TokenKind::Type => 't',
        TokenKind::Function => 'f',
        TokenKind::String => 's',
        TokenKind::Number => 'n',
        TokenKind::Comment => 'c',
        TokenKind::Marker => 'm',
        TokenKind::Operator => 'o',
        TokenKind::Quoted => 'q',
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(marked(text), expected);
}

#[test]
fn the_grammar_loads() {
    assert!(LineState::initial(Language::Sql).is_some());
    assert_eq!(KINDS.len(), 9);
}

#[test]
fn words() {
    check("SELECT a.type, type FROM t", "k‹SELECT› a.type, k‹type› k‹FROM› t");
    check("CREATE TABLE users (id bigint)", "k‹CREATE› k‹TABLE› users (id t‹bigint›)");
    check("create table if not exists a.users(x int)", "k‹create› k‹table› k‹if not exists› a.users(x t‹int›)");
    check("INSERT INTO t (a) VALUES (now())", "k‹INSERT› k‹INTO› t (a) k‹VALUES› (f‹now›())");
    check("x timestamp (3) with time zone", "x t‹timestamp (3) with time zone›");
    check("d double  precision, v character varying(3)", "d t‹double  precision›, v t‹character varying›(n‹3›)");
    check("ON DELETE CASCADE", "k‹ON› k‹DELETE› k‹CASCADE›");
    check("CREATE INDEX ON jobs (status)", "k‹CREATE› k‹INDEX› k‹ON› jobs (status)");
    check("CREATE INDEX CONCURRENTLY ix ON jobs", "k‹CREATE› k‹INDEX› k‹CONCURRENTLY› ix k‹ON› jobs");
    check("ALTER TABLE functions DROP x", "k‹ALTER› k‹TABLE› functions k‹DROP› x");
    check("UPDATE functions SET", "k‹UPDATE› functions k‹SET›");
    check("GRANT ALL ON ALL TABLES", "k‹GRANT› k‹ALL› k‹ON› k‹ALL TABLES›");
    check("selectable from_x update_at", "selectable from_x update_at");
    check("SELECT pg_catalog.lower(x)", "k‹SELECT› pg_catalog.f‹lower›(x)");
    check("사용자 한글(1)", "사용자 f‹한글›(n‹1›)");
}

#[test]
fn numbers_and_operators() {
    check("1 1.5 .5 1e-3 1_000 0xFF", "n‹1› n‹1.5› n‹.5› n‹1e-3› n‹1_000› n‹0xFF›");
    check("1..10", "n‹1›..n‹10›");
    check("a1 $1 x::text", "a1 $1 xo‹::›t‹text›");
    check("a->>'b' <@ c", "ao‹->>›s‹'b'› o‹<@› c");
    check("a+--b", "ao‹+›c‹--b›");
}

#[test]
fn quotes() {
    check("'it''s' x", "s‹'it''s'› x");
    check(r"'a\' x 'b'", r"s‹'a\'› x s‹'b'›");
    check(r"E'a\'b' x", r"s‹E'a\'b'› x");
    check(r"E'\\' x", r"s‹E'\\'› x");
    check("e'a''b' named'x'", "s‹e'a''b'› nameds‹'x'›");
    check("U&'\\0441' U&\"d\\0061\" B'01' x'ff' N'n'", "s‹U&'\\0441'› q‹U&\"d\\0061\"› s‹B'01'› s‹x'ff'› s‹N'n'›");
    check("\"a\"\"b select\" \"-- no\"", "q‹\"a\"\"b select\"› q‹\"-- no\"›");
    check("TABLE \"My Users\" (a int)", "k‹TABLE› q‹\"My Users\"› (a t‹int›)");
    check("'two\nlines' x", "s‹'two›\ns‹lines'› x");
}

#[test]
fn comments() {
    check("a -- 'b\nc", "a c‹-- 'b›\nc");
    check("/* a /* b */ c */ d", "c‹/* a /* b */ c */› d");
    check("/* a\n/* b */\nc */ d", "c‹/* a›\nc‹/* b */›\nc‹c */› d");
    check("'/*' x", "s‹'/*'› x");
}

#[test]
fn dollar_quotes() {
    check("$$ select 1 $$ x", "s‹$$› k‹select› n‹1› s‹$$› x");
    check("$tag$ select $$ 1 $tag$ x", "s‹$tag$ select $$ 1 $tag$› x");
    check("$Body$ select $q$ it's $q$ $Body$ x", "s‹$Body$› k‹select› s‹$q$ it's $q$› s‹$Body$› x");
    check("$$ it's open $$ select", "s‹$$› its‹'s open $$› k‹select›");
    check("$$$$ x", "s‹$$$$› x");
    check("a$$b $1$2", "a$$b $1$2");
    check("$$ -- $$ x", "s‹$$› c‹-- ›s‹$$› x");
    check("$$ /* $$ x", "s‹$$› c‹/* ›s‹$$› x");
    check("DO $do$\nBEGIN\n  x := 1;\nEND\n$do$;", "k‹DO› s‹$do$›\nk‹BEGIN›\n  x o‹:=› n‹1›;\nk‹END›\ns‹$do$›;");
    check("$함수$ a $함수$ b", "s‹$함수$ a $함수$› b");
}

#[test]
fn scripts() {
    check("-- Revision ID: 1975ea83b712", "m‹-- Revision ID:›c‹ 1975ea83b712›");
    check("-- Add users", "c‹-- Add users›");
    check("-- @upgrade transaction=off\nSELECT", "m‹-- @upgrade transaction=off›\nk‹SELECT›");
    check("-- @upgraded", "c‹-- @upgraded›");
    check(" x -- @upgrade", " x c‹-- @upgrade›");
    check("'\n-- @upgrade\n'", "s‹'›\ns‹-- @upgrade›\ns‹'›");
    check("/*\n-- @downgrade\n*/", "c‹/*›\nc‹-- @downgrade›\nc‹*/›");
    check("$$\n-- @upgrade\n$$", "s‹$$›\nc‹-- @upgrade›\ns‹$$›");
}

#[test]
fn copy_data_is_not_sql() {
    check(
        "COPY t (a) FROM stdin;\n1\tit's select\n-- @upgrade\n\\.\nSELECT 1;",
        "k‹COPY› t (a) k‹FROM› k‹stdin›;\ns‹1\tit's select›\ns‹-- @upgrade›\nk‹\\.›\nk‹SELECT› n‹1›;",
    );
    check(
        "COPY t FROM stdin WITH (FORMAT csv);\na\n\\.\nx",
        "k‹COPY› t k‹FROM› k‹stdin› k‹WITH› (FORMAT csv);\ns‹a›\nk‹\\.›\nx",
    );
}

#[track_caller]
fn check_python(text: &str, expected: &str) {
    assert_eq!(marked_in(Language::Python, text), expected);
}

#[test]
fn python_scripts() {
    check_python("revision = 'a1'", "m‹revision› o‹=› s‹'a1'›");
    check_python("down_revision: Union[str, None] = None", "m‹down_revision›: t‹Union›[t‹str›, k‹None›] o‹=› k‹None›");
    check_python("def upgrade() -> None:", "k‹def› m‹upgrade›() o‹->› k‹None›:");
    check_python("    def helper(x): pass", "    k‹def› f‹helper›(x): k‹pass›");
    check_python(
        "op.add_column('t', sa.Column('a', 1.5))  # why",
        "op.f‹add_column›(s‹'t'›, sa.f‹Column›(s‹'a'›, n‹1.5›))  c‹# why›",
    );
    check_python("x = f\"a{b!r}\\\"\" 'c'", "x o‹=› s‹f\"a{b!r}\\\"\"› s‹'c'›");
    check_python("class Base(X): ...", "k‹class› t‹Base›(X): ...");
    check_python("@decorated\nasync def upgrade():", "f‹@decorated›\nk‹async› k‹def› m‹upgrade›():");
}

#[test]
fn python_strings_end_where_they_end() {
    check_python(
        "\"\"\"add 'users'\n\nRevision ID: a\n\"\"\"\nimport os",
        "s‹\"\"\"add 'users'›\n\ns‹Revision ID: a›\ns‹\"\"\"›\nk‹import› os",
    );
    check_python("x = '''a\n\\''' b'''\nNone", "x o‹=› s‹'''a›\ns‹\\''' b'''›\nk‹None›");
    check_python("x = 'open\nNone", "x o‹=› s‹'open›\nk‹None›");
    check_python("x = 'a \\\nb' None", "x o‹=› s‹'a \\›\ns‹b'› k‹None›");
    check_python("# it's\nNone", "c‹# it's›\nk‹None›");
}
