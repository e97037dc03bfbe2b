//! The value of a whole number.

/// A whole number, read as its digits come. The automaton has checked that they are a number.
pub(super) struct Whole {
    /// `None` if it is not whole, or too big.
    value: Option<u64>,
    is_behind_point: bool,
}

impl Default for Whole {
    fn default() -> Self {
        Self { value: Some(0), is_behind_point: false }
    }
}

impl Whole {
    pub(super) fn read(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'.' => self.is_behind_point = true,
                b'0' if self.is_behind_point => {}
                b'0'..=b'9' if !self.is_behind_point => self.value = self.with_digit(byte),
                _ => self.value = None,
            }
        }
    }

    pub(super) fn value(&self) -> Option<u64> {
        self.value
    }

    fn with_digit(&self, digit: u8) -> Option<u64> {
        let digit = u64::from(digit.saturating_sub(b'0'));
        self.value?.checked_mul(10)?.checked_add(digit)
    }
}
