//! Dialogs: what stands above the screens and takes the keys.

use super::form::Form;
use super::input::Input;
use super::keymap::Place;
use super::model::Model;
use super::screen::confirm::Confirm;
use super::screen::create::Create;
use super::screen::editor::ask::Ask;
use super::screen::editor::go_to::GoTo;
use super::screen::environment::Environments;
use super::screen::error::ErrorDialog;
use super::screen::help::Help;
use super::screen::kept_dialog::KeptDialog;
use super::screen::leaving::Leaving;
use super::screen::merge::Merge;
use super::screen::moving::Motion;
use super::screen::own_server::Offer;
use super::screen::palette::Palette;
use super::screen::stamp::Stamp;

/// One dialog.
#[derive(Debug, Clone)]
pub enum Dialog {
    Confirm(Confirm),
    Error(ErrorDialog),
    Help(Help),
    Palette(Palette),
    Create(Create),
    Merge(Merge),
    Stamp(Stamp),
    Environment(Environments),
    Leaving(Leaving),
    Offer(Offer),
    Ask(Ask),
    GoTo(GoTo),
    Kept(Box<KeptDialog>),
}

impl Dialog {
    /// Where the keys go while it is on top.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Confirm(_) | Self::Palette(_) | Self::GoTo(_) => Place::Text,
            Self::Create(create) => create.place(),
            Self::Merge(merge) => merge.place(),
            Self::Kept(kept) => kept.place(),
            _ => Place::Choice,
        }
    }

    /// The line that takes what is typed.
    pub fn input(&mut self) -> Option<&mut Input> {
        match self {
            Self::Confirm(confirm) => Some(&mut confirm.input),
            Self::Palette(palette) => Some(&mut palette.input),
            Self::Create(create) => create.input(),
            Self::Merge(merge) => merge.input(),
            Self::GoTo(dialog) => Some(&mut dialog.input),
            Self::Kept(kept) => kept.input(),
            _ => None,
        }
    }

    /// Whether no key counts yet, as nobody has seen what it would answer.
    #[must_use]
    pub fn waits_for_its_picture(&self) -> bool {
        match self {
            Self::Confirm(confirm) => !confirm.drawn,
            Self::Kept(kept) => !kept.drawn,
            _ => false,
        }
    }

    /// It was on the screen.
    pub fn was_drawn(&mut self) {
        match self {
            Self::Confirm(confirm) => confirm.drawn = true,
            Self::Kept(kept) => kept.drawn = true,
            _ => {}
        }
    }

    /// What it holds.
    #[must_use]
    pub fn form(&self, model: &Model) -> Form {
        match self {
            Self::Confirm(confirm) => confirm.form(model),
            Self::Error(error) => error.form(),
            Self::Help(help) => help.form(),
            Self::Palette(palette) => palette.form(),
            Self::Create(create) => create.form(model),
            Self::Merge(merge) => merge.form(model),
            Self::Stamp(stamp) => stamp.form(model),
            Self::Environment(environments) => environments.form(model),
            Self::Leaving(leaving) => leaving.form(model),
            Self::Offer(offer) => offer.form(model),
            Self::Ask(ask) => ask.form(),
            Self::GoTo(dialog) => dialog.form(model),
            Self::Kept(kept) => kept.form(model),
        }
    }

    /// Moves in it: its list's cursor, or its text.
    pub fn go(&mut self, motion: Motion, page: usize) {
        match self {
            Self::Error(error) => error.scroll = motion.apply(error.scroll, usize::MAX, page),
            Self::Help(help) => help.scroll = motion.apply(help.scroll, usize::MAX, page),
            Self::Environment(environments) => environments.go(motion, page),
            Self::Merge(merge) => merge.go(motion, page),
            Self::Palette(palette) => palette.go(motion, page),
            Self::Create(create) => create.go(motion),
            Self::Confirm(confirm) => confirm.scroll = motion.apply(confirm.scroll, usize::MAX, page),
            Self::Stamp(_) | Self::Leaving(_) | Self::Offer(_) | Self::Ask(_) | Self::GoTo(_) | Self::Kept(_) => {}
        }
    }

    /// Goes to the next or the previous field or button.
    pub fn field(&mut self, forward: bool) {
        match self {
            Self::Confirm(confirm) => confirm.switch(),
            Self::Create(create) => create.switch(),
            Self::Merge(merge) => merge.switch(forward),
            Self::Stamp(stamp) => stamp.buttons.switch(),
            Self::Leaving(leaving) => leaving.buttons.switch(),
            Self::Offer(offer) => offer.buttons.switch(),
            Self::Ask(ask) => ask.field(forward),
            Self::Kept(kept) => kept.switch(),
            _ => {}
        }
    }

    /// What typing changed beside the text itself.
    pub fn typed(&mut self) {
        match self {
            Self::Confirm(confirm) => confirm.typed(),
            Self::Palette(palette) => palette.cursor = 0,
            Self::Kept(kept) => kept.typed(),
            _ => {}
        }
    }

    /// Presses a button by its number.
    pub fn focus_button(&mut self, button: usize) {
        match self {
            Self::Confirm(confirm) => confirm.buttons.focus(button),
            Self::Stamp(stamp) => stamp.buttons.focus(button),
            Self::Leaving(leaving) => leaving.buttons.focus(button),
            Self::Offer(offer) => offer.buttons.focus(button),
            Self::Ask(ask) => ask.focus(button),
            Self::Kept(kept) => kept.buttons.focus(button),
            _ => {}
        }
    }

    /// What Enter does, where there are no buttons.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Palette(_) => "run",
            Self::Create(create) => create.verb(),
            Self::Merge(_) => "merge",
            Self::Environment(_) => "connect",
            Self::GoTo(_) => "go there",
            _ => "close",
        }
    }

    /// Whether a second click on an entry takes it.
    #[must_use]
    pub const fn is_menu(&self) -> bool {
        matches!(self, Self::Palette(_) | Self::Environment(_))
    }

    /// Puts the cursor on an entry by its number.
    pub fn focus_entry(&mut self, entry: usize) {
        match self {
            Self::Palette(palette) => palette.cursor = entry,
            Self::Environment(environments) => environments.cursor = entry,
            Self::Merge(merge) => merge.focus_entry(entry),
            Self::Create(create) => create.head = entry,
            _ => {}
        }
    }
}

/// A pair of buttons, one of which Enter presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buttons {
    /// 0: the harmless one.
    pub focused: usize,
}

impl Buttons {
    /// Goes to the other one.
    pub fn switch(&mut self) {
        self.focused = 1 - self.focused.min(1);
    }

    /// Goes to one of the two.
    pub fn focus(&mut self, button: usize) {
        self.focused = button.min(1);
    }
}
