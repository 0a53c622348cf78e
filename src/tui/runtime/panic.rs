//! The panic hook: it restores the terminal and reports the panic without passwords.

use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use color_eyre::config::HookBuilder;

use super::terminal;
use crate::core::escape::escape_text;

/// Whether a thread has panicked.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// Installs the hook. Further calls do nothing.
pub fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without colours, because the message may contain control characters and is escaped.
        let (hook, _) = HookBuilder::blank().display_env_section(false).into_hooks();
        std::panic::set_hook(Box::new(move |info| {
            PANICKED.store(true, Ordering::SeqCst);
            terminal::restore();
            let report = redact(&hook.panic_report(info).to_string());
            let _ = writeln!(io::stderr(), "{}", escape_text(&report));
        }));
    });
}

/// Whether a thread has panicked. The loop ends then, because the terminal was restored.
pub(super) fn has_panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// The text with the passwords of connection strings masked, in URL and in keyword form. limbeck's own types never show
/// a password; this is for texts from elsewhere.
fn redact(text: &str) -> String {
    redact_keywords(&redact_urls(text))
}

fn redact_urls(text: &str) -> String {
    let mut parts = text.split("://");
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        redacted.push_str("://");
        let end = part.find(|character: char| character.is_whitespace() || "'\"`<>".contains(character));
        let (url, rest) = part.split_at(end.unwrap_or(part.len()));
        match url.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host))) {
            Some((user, host)) => redacted.extend([user, ":***@", host]),
            None => redacted.push_str(url),
        }
        redacted.push_str(rest);
    }
    redacted
}

fn redact_keywords(text: &str) -> String {
    const KEY: &str = "password";
    let lower = text.to_ascii_lowercase();
    let mut redacted = String::new();
    let mut from = 0;
    while let Some(at) = lower.get(from..).and_then(|rest| rest.find(KEY)) {
        let behind_key = from + at + KEY.len();
        redacted.push_str(&text[from..behind_key]);
        from = behind_key + value_length(&text[behind_key..], &mut redacted);
    }
    redacted.push_str(&text[from..]);
    redacted
}

/// The length of ` = value` at the start of `text`, or 0. The masked value is written to `redacted`.
fn value_length(text: &str, redacted: &mut String) -> usize {
    let Some(value) =
        text.trim_start_matches([' ', '"']).strip_prefix(['=', ':']).map(|rest| rest.trim_start_matches(' '))
    else {
        return 0;
    };
    let length = match value.chars().next() {
        Some(quote @ ('\'' | '"')) => closing(&value[1..], quote) + 1,
        _ => value.find(|c: char| c.is_whitespace() || "&,;})".contains(c)).unwrap_or(value.len()),
    };
    redacted.push_str("=***");
    text.len() - value.len() + length
}

/// The length up to and including the closing quote. A backslash escapes.
fn closing(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if character == quote && !escaped {
            return at + quote.len_utf8();
        }
        escaped = character == '\\' && !escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_and_other_text_stays() {
        for (text, expected) in [
            ("at postgres://me:s3@cr:et@db:5432/x failed", "at postgres://me:***@db:5432/x failed"),
            ("'postgresql://me:p@h/d?sslmode=x'", "'postgresql://me:***@h/d?sslmode=x'"),
            ("see https://example.com/a:b and postgres://h/d", "see https://example.com/a:b and postgres://h/d"),
            ("host=h password=geheim user=u", "host=h password=*** user=u"),
            ("PGPASSWORD='it\\'s one' dbname=d", "PGPASSWORD=*** dbname=d"),
            ("Config { password: \"a b\", port: 1 }", "Config { password=***, port: 1 }"),
            ("the password for 암호 was wrong", "the password for 암호 was wrong"),
            ("postgres://h/d?password=x&a=b", "postgres://h/d?password=***&a=b"),
        ] {
            assert_eq!(redact(text), expected);
        }
    }

    /// Runs this test in a separate process, which panics with the hook installed.
    #[test]
    fn a_panic_is_reported_without_its_password() {
        const NAME: &str = "tui::runtime::panic::tests::a_panic_is_reported_without_its_password";
        if std::env::var_os("LIMBECK_TEST_PANIC").is_some() {
            install_hook();
            panic!("could not reach postgres://me:geheim@db/x");
        }
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env("LIMBECK_TEST_PANIC", "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(text.contains("postgres://me:***@db/x") && text.contains("panic.rs"), "{text}");
        assert!(!text.contains("geheim"), "{text}");
    }
}
