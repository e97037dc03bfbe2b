//! The grammar of a number.

/// How far a number has come in the grammar of RFC 8259, section 6.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

/// What reading the bytes at hand made of a number.
pub(super) enum NumberProgress {
    /// All bytes belong to it, and more may follow.
    Open(Number),
    /// It ends before the byte at this index.
    Complete(usize),
    /// The byte at this index may not follow.
    Invalid(usize),
}

impl Number {
    /// The state after a number's first byte; `None` if no number begins with it.
    pub(super) fn begin(byte: u8) -> Option<Self> {
        match byte {
            b'-' => Some(Self::Minus),
            b'0' => Some(Self::Zero),
            b'1'..=b'9' => Some(Self::Integer),
            _ => None,
        }
    }

    pub(super) fn read(mut self, bytes: &[u8]) -> NumberProgress {
        for (index, &byte) in bytes.iter().enumerate() {
            // Most bytes of a number are digits behind a digit.
            if byte.is_ascii_digit() && self.is_in_digits() {
                continue;
            }
            match self.next(byte) {
                Some(state) => self = state,
                None if self.may_end(byte) => return NumberProgress::Complete(index),
                None => return NumberProgress::Invalid(index),
            }
        }
        NumberProgress::Open(self)
    }

    fn is_in_digits(self) -> bool {
        matches!(self, Self::Integer | Self::Fraction | Self::ExponentDigits)
    }

    fn next(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Minus, _) => Self::begin(byte).filter(|state| *state != Self::Minus),
            (Self::Integer, b'0'..=b'9') => Some(Self::Integer),
            (Self::Zero | Self::Integer, b'.') => Some(Self::Point),
            (Self::Point | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Some(Self::Exponent),
            (Self::Exponent, b'+' | b'-') => Some(Self::ExponentSign),
            (Self::Exponent | Self::ExponentSign | Self::ExponentDigits, b'0'..=b'9') => {
                Some(Self::ExponentDigits)
            }
            _ => None,
        }
    }

    /// Whether the number is complete before a byte that does not continue it. A digit after a leading
    /// zero is an error of the number; any other byte is checked by the grammar around it.
    fn may_end(self, byte: u8) -> bool {
        match self {
            Self::Zero => !byte.is_ascii_digit(),
            Self::Integer | Self::Fraction | Self::ExponentDigits => true,
            Self::Minus | Self::Point | Self::Exponent | Self::ExponentSign => false,
        }
    }
}
