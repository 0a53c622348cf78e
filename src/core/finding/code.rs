//! The stable codes of findings that are not hazards, and their pages.

use super::check::CheckName;

/// What is known about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckPage {
    /// A code is never given to another finding.
    pub code: &'static str,
    pub check: CheckName,
    /// A few words, e.g. `the downgrade fails`.
    pub title: &'static str,
    page: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $check:ident, $title:literal, $page:literal;)*) => {
        /// The code of a finding that is not a hazard.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CheckCode {
            $($name,)*
        }

        /// Every code, in order.
        pub const CHECK_CODES: &[CheckPage] = &[$(CheckCode::$name.page(),)*];

        impl CheckCode {
            /// Its page.
            #[must_use]
            pub const fn page(self) -> CheckPage {
                match self {
                    $(Self::$name => CheckPage {
                        code: $code,
                        check: CheckName::$check,
                        title: $title,
                        page: $page,
                    },)*
                }
            }
        }
    };
}

codes! {
    UnreadableScript = "CI101", Scripts, "script cannot be read",
        "limbeck cannot read this file as a revision script, so no command can run the history. The message says what is \
         expected on this line.";
    BrokenGraph = "CI102", Scripts, "revisions do not form a history",
        "A parent does not exist, two scripts have the same id, or the revisions form a cycle. Correct the header of the \
         script: `Revision ID`, `Revises`, `Depends On` or `Branch Labels` (in Python: `revision`, `down_revision`, …).";
    SuspectStatement = "CI103", Scripts, "statement may have a syntax error",
        "limbeck's parser does not understand this statement. Only PostgreSQL decides whether it is valid: the check \
         `verify` runs it.";
    Heads = "CI201", Heads, "several heads that commute",
        "The history has several heads. limbeck ran both orders on scratch databases, and both give the same schema and \
         the same rows, so this is only a warning. `limbeck upgrade head` is refused until there is one head: run \
         `limbeck merge heads`, or `limbeck rebase`.";
    HeadsDiffer = "CI202", Heads, "the result depends on the order of the branches",
        "The history has several heads, and databases that run the branches in another order get another schema or other \
         rows. `limbeck conflicts` shows what differs. Put one branch onto the other with `limbeck rebase REV --onto REV`.";
    HeadsFail = "CI203", Heads, "the branches cannot run one after the other",
        "The history has several heads, and a script of one branch fails after the scripts of the other. `limbeck \
         conflicts` shows both orders. Correct the script, then put one branch onto the other with `limbeck rebase`.";
    EditedScript = "CI301", Edited, "script was edited after it ran",
        "The database has applied this revision with another text; its ledger has that text. The database does not get \
         the edit, and a new database gets another schema. Undo the edit, and write a new revision for the change.";
    UpgradeFails = "CI401", Verify, "the upgrade fails",
        "The upgrade of this revision failed on a scratch database, after all revisions below it had run. The message is \
         the one of PostgreSQL, and the line is the one of the statement.";
    DowngradeFails = "CI402", Verify, "the downgrade fails",
        "The upgrade ran on a scratch database, but the downgrade of the same revision failed directly after it. Without \
         a downgrade that works, a deployment cannot be undone.";
    DowngradeDiffers = "CI403", Verify, "the downgrade does not undo the upgrade",
        "After the downgrade, the schema of the scratch database differs from the schema before the upgrade. The message \
         names the first objects that are left over, missing or different.";
    SecondUpgradeFails = "CI404", Verify, "the second upgrade fails or differs",
        "After an upgrade and a downgrade, the second upgrade fails or gives another schema than the first. The downgrade \
         leaves something behind that the comparison does not see, or the upgrade depends on something that changes.";
    EmptyDowngrade = "CI405", Verify, "the downgrade is empty",
        "The upgrade changes the schema, and the downgrade has no statements. Write the downgrade. If there is none, \
         write `-- limbeck: allow IR701 because …` above the first statement of the upgrade: this finding is then only a \
         warning.";
    WholeDowngrade = "CI406", Verify, "the downgrade of the whole history fails",
        "Each revision can be downgraded directly after its upgrade, but not after all later revisions.";
    ModelsDiffer = "CI501", Models, "the models differ from the history",
        "The scripts create another schema than the models define, so a revision is missing, or a script does something \
         that the models do not define. `limbeck revision --autogenerate` writes the missing revision. Each finding is \
         one statement that would change the schema of the scripts to the one of the models.";
    ModelsFail = "CI502", Models, "the models cannot be loaded",
        "PostgreSQL refused the models, or they cannot be read. The message is the one of PostgreSQL.";
}

impl CheckPage {
    /// The whole page, with code and title.
    #[must_use]
    pub fn explanation(&self) -> String {
        format!("{} {}\n\n{}\n", self.code, self.title, wrap(self.page))
    }
}

/// The page of a code, in upper or lower case.
#[must_use]
pub fn find_check_page(code: &str) -> Option<&'static CheckPage> {
    CHECK_CODES.iter().find(|page| page.code.eq_ignore_ascii_case(code))
}

/// Breaks the lines of a page at 90 characters.
fn wrap(text: &str) -> String {
    const WIDTH: usize = 90;
    let mut wrapped = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            wrapped.push('\n');
            width = 0;
        } else if width > 0 {
            wrapped.push(' ');
            width += 1;
        }
        wrapped.push_str(word);
        width += length;
    }
    wrapped
}
