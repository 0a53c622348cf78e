//! What a user can do about an error of the server, by its SQLSTATE. Used for errors to which the server adds no hint.

mod codes;
mod privilege;
#[cfg(test)]
mod tests;

/// What to do about an error. `None` if the user can do nothing: a success, a warning, or no data.
///
/// `message` is the server's message. It decides between causes with the same code; in another language than English, the
/// hint is more general.
#[must_use]
pub fn hint(code: &str, message: &str) -> Option<String> {
    let by_message = match code {
        "42501" => Some(privilege::hint(message)),
        _ => codes::hint_for_message(code, message).map(str::to_owned),
    };
    by_message.or_else(|| codes::hint(code).map(str::to_owned))
}
