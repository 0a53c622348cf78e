//! The stable codes of the rules.

use super::class::Class;

macro_rules! codes {
    ($($name:ident = $text:literal,)*) => {
        /// The stable code of a rule. A code is never given to another rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($name,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as text, e.g. `DL101`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

codes! {
    DropTable = "DL101",
    Truncate = "DL102",
    DropColumn = "DL103",
    DropSchema = "DL104",
    DropMaterializedView = "DL105",
    Delete = "DL106",
    Update = "DL107",
    DropSequence = "DL108",
    DropType = "DL109",
    DropAttribute = "DL110",
    DropExtension = "DL111",
    DropOwned = "DL112",
    DropDatabase = "DL113",
    DropDependents = "DL114",
    ChangeColumnType = "DL115",
    DetachAndDrop = "DL116",
    ChangeGeneratedValues = "DL117",
    SetUnlogged = "DL118",
    OnCommit = "DL119",
    ChangeInheritance = "DL120",
    RemoveEnumValues = "DL121",
    DropIdentity = "DL122",
    ChangeAttributeType = "DL123",
    Cascade = "DL124",
    Unreadable = "DL190",
    SetNotNull = "FA201",
    AddNotNullColumn = "FA202",
    AddCheck = "FA203",
    AddUnique = "FA204",
    AddForeignKey = "FA205",
    AddExclusion = "FA206",
    ValidateConstraint = "FA207",
    RejectedCast = "FA208",
    NewLabel = "FA209",
    AttachPartition = "FA210",
    ChangeDomain = "FA211",
    RewriteForType = "LK301",
    RewriteForColumn = "LK302",
    RewriteForLogging = "LK303",
    RewriteForStorage = "LK304",
    RewriteForVacuum = "LK305",
    ScanForNotNull = "LK306",
    ScanForCheck = "LK307",
    ScanForForeignKey = "LK308",
    BuildConstraintIndex = "LK309",
    BuildIndex = "LK310",
    LockToDropIndex = "LK311",
    RebuildIndex = "LK312",
    LockTable = "LK313",
    LockView = "LK314",
    LockPartitions = "LK315",
    ScanForDomain = "LK316",
    DropIndex = "IX401",
    InvalidIndex = "IX402",
    DropConstraint = "FK501",
    PropagateDeletes = "FK502",
    DisableTriggers = "FK503",
    RenameRelation = "BR601",
    RenameColumn = "BR602",
    RenameType = "BR603",
    RenameRoutine = "BR604",
    BreakRelation = "BR605",
    BreakColumn = "BR606",
    BreakRoutine = "BR607",
    BreakColumnType = "BR608",
    DropDefault = "BR609",
    SetSchema = "BR610",
    DetachPartition = "BR611",
    Revoke = "BR612",
    EmptyDowngrade = "IR701",
    NoDefault = "DF801",
    VolatileDefault = "DF802",
}

impl Code {
    /// Reads a code, in upper or lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(text))
    }

    /// The class, which the letters of the code name.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.as_str().as_bytes() {
            [b'D', b'L', ..] => Class::DataLoss,
            [b'F', b'A', ..] => Class::Fails,
            [b'L', ..] => Class::Lock,
            [b'I', b'X', ..] => Class::Index,
            [b'F', ..] => Class::ForeignKey,
            [b'B', ..] => Class::Breaks,
            [b'I', ..] => Class::Irreversible,
            _ => Class::Default,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_its_class() {
        for (text, class) in [
            ("DL190", Class::DataLoss),
            ("fa201", Class::Fails),
            ("LK301", Class::Lock),
            ("IX401", Class::Index),
            ("FK501", Class::ForeignKey),
            ("BR612", Class::Breaks),
            ("ir701", Class::Irreversible),
            ("DF801", Class::Default),
        ] {
            assert_eq!(Code::parse(text).unwrap().class(), class, "{text}");
        }
        assert_eq!(Code::parse("DL000"), None);
    }
}
