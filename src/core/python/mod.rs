//! Python source, read and never run: syntax, and the values of constants.

mod assigned;
mod bound_names;
mod evaluate;
mod methods;
mod module;
mod nesting;
mod percent;
mod statements;
mod strings;
mod tables;
mod value;

pub use assigned::{AssignedText, assigned_text, docstring_text};
pub use evaluate::{Names, Unreadable, evaluate, evaluate_text};
pub use module::parse_statements;
pub use module::{FunctionSpan, Module, ModuleText, Modules, NoModules, SyntaxError};
pub use percent::{PercentError, format_percent};
pub use strings::string_texts;
pub use tables::defines_table;
pub use value::{Date, Value};
