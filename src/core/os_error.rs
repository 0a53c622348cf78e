//! What a user can do about an error of the operating system, by its text.

/// Error texts of the operating system, and what to do about them.
const HINTS: [(&str, &str); 16] = [
    ("No such file or directory", "check that the path exists"),
    ("Permission denied", "check the owner and the permissions of the file and of its folder"),
    ("Operation not permitted", "check the owner of the file and of its folder"),
    ("No space left on device", "free space on the disk, then run the command again"),
    ("Disk quota exceeded", "free space in your quota of the disk, then run the command again"),
    ("Read-only file system", "use a folder on a file system that can be written"),
    ("Is a directory", "a folder has this name; rename it, or use another name"),
    ("Not a directory", "a part of the path is a file; rename it, or use another path"),
    ("File exists", "rename the existing file, or use another name"),
    ("File name too long", "use a shorter message, or a shorter file_template under [scripts]"),
    ("Too many open files", "raise the limit of open files, e.g. with `ulimit -n 4096`"),
    ("Too many levels of symbolic links", "correct the symbolic link, which refers to itself"),
    ("Cannot allocate memory", "free memory, then run the command again"),
    ("Exec format error", "check that the program is for this machine; a script starts with #! and its interpreter"),
    ("Text file busy", "run the command again when the program is not being written"),
    ("Input/output error", "check the disk"),
];

/// What to do about an error whose text contains an error of the operating system, as the standard library writes it:
/// `Permission denied (os error 13)`. `None` for other texts.
#[must_use]
pub fn hint(text: &str) -> Option<&'static str> {
    let start = text.find(" (os error ")?;
    let before = text.get(..start)?;
    HINTS.iter().find(|(error, _)| before.ends_with(error)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_operating_system_has_a_hint() {
        // The codes are those of Linux.
        for code in [1, 2, 5, 8, 12, 13, 17, 20, 21, 24, 26, 28, 30, 36, 40, 122] {
            let text = std::io::Error::from_raw_os_error(code).to_string();
            assert!(cfg!(not(target_os = "linux")) || hint(&text).is_some(), "{text}");
        }
        assert_eq!(hint("Permission denied"), None);
        assert_eq!(hint("Connection refused (os error 111)"), None);
    }
}
