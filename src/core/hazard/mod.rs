//! What a statement may cost: found from the syntax tree, counted later on the live data.

mod added;
mod allow;
#[cfg(test)]
mod cases;
pub mod cast;
mod condition;
mod context;
mod dynamic;
mod learn;
mod name;
mod narrow;
mod part;
mod question;
mod read;
mod rule;
mod rules;
mod tables;
mod volatile;

pub use allow::Remark;
pub use narrow::{Narrow, narrow, takes_all};
pub use question::Question;
pub use read::{ReadStatement, Reading, read, read_section};
pub use rule::Rule;
pub use rules::RULES;
pub(in crate::core) use volatile::is_volatile;

/// The classes of hazards; approval is given by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    DataLoss,
    Fails,
    Lock,
    Index,
    ForeignKey,
    Breaks,
    Irreversible,
    Default,
}

/// What was counted on the target for a hazard.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Evidence {
    /// Rows of the table.
    pub rows: u64,
    /// Values that would be lost, changed or refused: for a table its rows, for a column its values that are not NULL,
    /// else what the [`Question`] says.
    pub values: u64,
    /// False when it was estimated from statistics.
    pub exact: bool,
    /// How long the counting took.
    pub seconds: f64,
    /// Of what is locked or built: how large the table is on disk with its indexes and partitions, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Of what is locked: how many other sessions held locks on the table just then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u64>,
    /// Why it is not exact, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl Evidence {
    /// What was counted one by one.
    #[must_use]
    pub const fn counted(rows: u64, values: u64, seconds: f64) -> Self {
        Self { rows, values, exact: true, seconds, bytes: None, sessions: None, why: None }
    }

    /// What statistics say, and why it was not counted.
    #[must_use]
    pub const fn estimated(rows: u64, values: u64, seconds: f64, why: &'static str) -> Self {
        Self { exact: false, why: Some(why), ..Self::counted(rows, values, seconds) }
    }

    /// The size and the other sessions in words, each after a comma; empty where nothing is known.
    #[must_use]
    pub fn weight(&self) -> String {
        let size = self.bytes.map(|bytes| format!(", {}", super::copies::size(bytes))).unwrap_or_default();
        let held = match self.sessions {
            None | Some(0) => String::new(),
            Some(1) => ", 1 session holds locks on it".to_owned(),
            Some(many) => format!(", {many} sessions hold locks on it"),
        };
        size + &held
    }
}

/// One finding on one statement.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Hazard {
    /// Stable, e.g. `DL101`.
    pub code: &'static str,
    pub class: Class,
    /// A few words, e.g. `drops column`.
    pub title: &'static str,
    /// What is touched, as the statement names it, e.g. `functions.legacy_code`.
    pub object: String,
    /// `None`: not counted, which counts as lost.
    pub evidence: Option<Evidence>,
    /// What a count has to look at.
    #[serde(skip)]
    pub subject: Subject,
    /// What the subject is on the target, where that was followed.
    #[serde(skip)]
    pub origin: Option<Origin>,
    /// The reason that a note above the statement gives; it shows and approves nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

/// The object that a hazard is about, unquoted, for counting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Table {
        schema: Option<String>,
        name: String,
    },
    Column {
        schema: Option<String>,
        table: String,
        column: String,
    },
    /// The rows or values of a table that a question takes.
    Rows {
        schema: Option<String>,
        table: String,
        question: Question,
    },
    /// Something whose rows are not counted this way.
    Other,
}

/// What a statement's object is before the plan runs, where earlier statements lead its name elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// What has that name on the target.
    Same,
    /// An object of the target, by its name there.
    There(Subject),
    /// Nothing: the plan itself makes it, or it is not there.
    Made,
    /// It takes rows along that are elsewhere as yet.
    Unclear,
}

impl Subject {
    /// The schema, where one is named, and the table that it lies in.
    #[must_use]
    pub fn table(&self) -> Option<(Option<&str>, &str)> {
        match self {
            Self::Table { schema, name: table }
            | Self::Column { schema, table, .. }
            | Self::Rows { schema, table, .. } => Some((schema.as_deref(), table)),
            Self::Other => None,
        }
    }
}

impl Class {
    /// The word used on the command line and in the UI, e.g. `data-loss`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::DataLoss => "data-loss",
            Self::Fails => "fails",
            Self::Lock => "lock",
            Self::Index => "index",
            Self::ForeignKey => "foreign-key",
            Self::Breaks => "breaks",
            Self::Irreversible => "irreversible",
            Self::Default => "default",
        }
    }
}

impl Class {
    /// All classes, in the order of their codes.
    pub const ALL: [Self; 8] = [
        Self::DataLoss,
        Self::Fails,
        Self::Lock,
        Self::Index,
        Self::ForeignKey,
        Self::Breaks,
        Self::Irreversible,
        Self::Default,
    ];
}

impl Hazard {
    /// Whether a condition of the statement may spare some of what was counted.
    #[must_use]
    pub fn is_upper_bound(&self) -> bool {
        let counted = self.evidence.is_some_and(|evidence| !evidence.exact && evidence.why.is_none());
        counted && ["DL106", "DL107", "DL124"].contains(&self.code)
    }

    /// The subject by the name that it has on the target before the plan runs, where that is another.
    #[must_use]
    pub fn before(&self) -> &Subject {
        match &self.origin {
            Some(Origin::There(there)) => there,
            _ => &self.subject,
        }
    }

    /// Whether it was counted exactly and found to touch nothing.
    #[must_use]
    pub fn touches_nothing(&self) -> bool {
        self.evidence.is_some_and(|e| e.exact && e.values == 0)
    }
}

/// The hazards of one statement that stands alone, from its syntax tree, not counted; each object once a code, in
/// the order of the text.
#[must_use]
pub fn find(statement: &str) -> Vec<Hazard> {
    read::alone(statement)
}

/// The hazard on what a statement takes along by CASCADE, as a database told.
#[must_use]
pub fn taken_along(object: String, subject: Subject) -> Hazard {
    Hazard { subject, ..rules::TAKEN_ALONG.on(object) }
}

/// The hazard on what nobody can read beforehand.
#[must_use]
pub fn unreadable(object: String) -> Hazard {
    rules::UNREADABLE.on(object)
}

/// The page of explanation of a code, in any case: what it is, what is counted, what to do instead.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    RULES.iter().find(|rule| rule.code.eq_ignore_ascii_case(code)).map(|rule| rule.page)
}

/// The rules whose codes are most like a text: those that begin with it, else those that differ in a letter or two.
#[must_use]
pub fn nearest(text: &str) -> Vec<&'static Rule> {
    let typed = text.trim().to_uppercase();
    let beginning: Vec<&Rule> =
        RULES.iter().filter(|rule| rule.code.starts_with(&typed) && !typed.is_empty()).collect();
    if !beginning.is_empty() {
        return beginning;
    }
    let mut like: Vec<(usize, &Rule)> =
        RULES.iter().map(|rule| (strsim::levenshtein(rule.code, &typed), rule)).filter(|(far, _)| *far <= 2).collect();
    like.sort_by_key(|(far, _)| *far);
    let closest = like.first().map_or(0, |(far, _)| *far);
    like.into_iter().take_while(|(far, _)| *far == closest).map(|(_, rule)| rule).take(8).collect()
}
