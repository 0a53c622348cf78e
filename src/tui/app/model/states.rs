//! The states of the lists: one value of each type. They stay when a list is closed.

use std::any::Any;
use std::fmt::Debug;

/// Any state.
trait State: Any + Debug {}

impl<T: Any + Debug> State for T {}

/// At most one value of each type.
#[derive(Debug, Default)]
pub struct States {
    states: Vec<Box<dyn State>>,
}

impl States {
    /// The state of this type.
    #[must_use]
    pub fn get<T: Any + Debug>(&self) -> Option<&T> {
        self.states.iter().find_map(|state| (state.as_ref() as &dyn Any).downcast_ref())
    }

    /// The state of this type, to change it.
    pub fn get_mut<T: Any + Debug>(&mut self) -> Option<&mut T> {
        self.states.iter_mut().find_map(|state| (state.as_mut() as &mut dyn Any).downcast_mut())
    }

    /// Stores a state in place of the one of its type.
    pub fn set<T: Any + Debug>(&mut self, state: T) {
        match self.get_mut() {
            Some(known) => *known = state,
            None => self.states.push(Box::new(state)),
        }
    }

    /// Stores the default state if there is none of this type.
    pub fn ensure<T: Any + Debug + Default>(&mut self) {
        if self.get::<T>().is_none() {
            self.set(T::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_state_of_each_type() {
        let mut states = States::default();
        states.set(1_u8);
        states.set(2_u8);
        states.set(String::from("text"));
        assert_eq!((states.get::<u8>(), states.get::<u16>()), (Some(&2), None));
        states.ensure::<u8>();
        states.ensure::<u16>();
        assert_eq!((states.get::<u8>(), states.get::<u16>()), (Some(&2), Some(&0)));
        states.get_mut::<String>().unwrap().push('!');
        assert_eq!(states.get::<String>().unwrap(), "text!");
    }
}
