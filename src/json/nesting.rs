//! Which arrays and objects are open.

/// How many arrays and objects may lie inside one another, the document itself included.
pub const MAX_DEPTH: u32 = u128::BITS;

/// The containers that are open, one bit each.
#[derive(Default)]
pub(super) struct Nesting {
    /// Innermost container in the lowest bit.
    containers: u128,
    depth: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Object,
    Array,
}

impl Nesting {
    /// Opens a container, unless that would be one too many.
    pub(super) fn open(&mut self, container: Container) -> bool {
        if self.depth >= MAX_DEPTH {
            return false;
        }
        self.containers = (self.containers << 1) | u128::from(container == Container::Object);
        self.depth = self.depth.saturating_add(1);
        true
    }

    pub(super) fn close(&mut self) {
        self.containers >>= 1;
        self.depth = self.depth.saturating_sub(1);
    }

    /// The innermost open container. Only to be asked while one is open.
    pub(super) fn innermost(&self) -> Container {
        if self.containers & 1 == 1 {
            Container::Object
        } else {
            Container::Array
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.depth == 0
    }

    /// How many are open, the document included.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }
}
