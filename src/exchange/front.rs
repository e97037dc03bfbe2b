//! The front of a body, kept for its edit.

use std::cell::Cell;
use std::mem;
use std::rc::Rc;

use super::rewrite::Splice;

/// What was read of a body, up to its model: the host can replace a body only from its front on, so what precedes an
/// edit has to be written again. It is kept in the pieces in which it was read; they are never copied into one.
#[derive(Debug, Default)]
pub struct Front {
    pieces: Vec<Vec<u8>>,
    len: usize,
    share: Option<Share>,
}

/// How many bytes are copied, or lie unused, sooner than that memory is asked for once more.
const SMALL: usize = 4096;

/// What many fronts may take together. The memory of a virtual machine never shrinks, so a moment in which many large
/// bodies are on their way must not say how large it is for ever.
#[derive(Debug)]
pub struct Budget {
    /// What is left, in bytes.
    left: Cell<usize>,
}

/// What one front has taken of a budget.
#[derive(Debug)]
struct Share {
    budget: Rc<Budget>,
    taken: usize,
    /// Whether there was not enough for it: what it was to keep has to be read once more.
    is_spent: bool,
}

impl Budget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { left: Cell::new(bytes) }
    }
}

impl Share {
    /// Takes so many bytes more, or gives back all and never takes any again.
    fn take(&mut self, bytes: usize) -> bool {
        let left = self.budget.left.get().checked_sub(bytes).filter(|_| !self.is_spent);
        match left {
            Some(left) => {
                self.budget.left.set(left);
                self.taken = self.taken.saturating_add(bytes);
            }
            None => {
                self.is_spent = true;
                self.give_back();
            }
        }
        left.is_some()
    }

    fn give_back(&mut self) {
        let left = self.budget.left.get().saturating_add(mem::take(&mut self.taken));
        self.budget.left.set(left);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Front {
    /// A front that takes no more than is left of `budget`, and keeps nothing where that is not enough. By default it
    /// keeps all.
    #[must_use]
    pub fn within(budget: &Rc<Budget>) -> Self {
        let share = Share { budget: Rc::clone(budget), taken: 0, is_spent: false };
        Self { share: Some(share), ..Self::default() }
    }

    /// Appends the next piece, or what of it lies before `end` of the body where only that much is needed.
    pub fn push(&mut self, mut piece: Vec<u8>, end: Option<usize>) {
        piece.truncate(end.map_or(usize::MAX, |end| end.saturating_sub(self.len)));
        if piece.capacity().saturating_sub(piece.len()) > SMALL {
            piece.shrink_to_fit();
        }
        if self.share.as_mut().is_some_and(|share| !share.take(piece.len())) {
            self.pieces = Vec::new();
            self.len = 0;
            return;
        }
        self.len = self.len.saturating_add(piece.len());
        self.pieces.push(piece);
    }

    /// The body up to the end of the last of `splices`, edited, in pieces. `None` if that much was not kept.
    #[must_use]
    pub fn edited(mut self, splices: &[Splice]) -> Option<Vec<Vec<u8>>> {
        let end = splices.last()?.range.end;
        if end > self.len {
            return None;
        }
        self.truncate(end);
        let mut done = Vec::new();
        // From the last edit to the first, so that the places of the others still hold.
        for splice in splices.iter().rev() {
            let mut behind = self.split_off(splice.range.end);
            behind.append(&mut done);
            done = behind;
            self.truncate(splice.range.start);
            self.append(&splice.replacement);
        }
        self.pieces.append(&mut done);
        Some(self.pieces)
    }

    /// Appends to the last piece where that does not move it; a large one stays where it is.
    fn append(&mut self, bytes: &[u8]) {
        match self.pieces.last_mut() {
            Some(piece)
                if piece.len() <= SMALL
                    || piece.capacity().saturating_sub(piece.len()) >= bytes.len() =>
            {
                piece.extend_from_slice(bytes);
            }
            _ => self.pieces.push(bytes.to_vec()),
        }
    }

    /// Drops what lies behind the first `len` bytes.
    fn truncate(&mut self, len: usize) {
        let mut room = len;
        self.pieces.retain_mut(|piece| {
            piece.truncate(room);
            room = room.saturating_sub(piece.len());
            !piece.is_empty()
        });
        self.len = len.min(self.len);
    }

    /// Takes away what lies behind the first `len` bytes.
    fn split_off(&mut self, len: usize) -> Vec<Vec<u8>> {
        let mut room = len;
        let mut behind = Vec::new();
        for piece in &mut self.pieces {
            if piece.len() > room {
                behind.push(piece.split_off(room));
            }
            room = room.saturating_sub(piece.len());
        }
        self.truncate(len);
        behind
    }
}

#[cfg(test)]
mod tests;
