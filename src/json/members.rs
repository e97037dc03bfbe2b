use std::ops::Range;

use super::cursor::Cursor;
use super::name::{Likeness, Name};
use super::string::Piece;
use super::{Error, ErrorKind, Keep, Kind, Member, Watch};

/// Follows the members of the document's own object and remembers the watched ones.
pub(super) struct Members {
    watched: &'static [Watch],
    /// Which of the watched names have come, in whatever case.
    seen: Vec<bool>,
    name: Name,
    /// Where the current name begins.
    name_start: usize,
    /// The name just read is a watched one.
    named: Option<(&'static Watch, Range<usize>)>,
    /// The watched member whose value is being read.
    open: Option<(Member, Keep)>,
    found: Vec<Member>,
    /// The last member found has no comma after it yet.
    awaits_comma: bool,
    last_comma: Option<usize>,
}

impl Members {
    pub(super) fn new(watched: &'static [Watch]) -> Self {
        Self {
            watched,
            seen: vec![false; watched.len()],
            name: Name::new(watched.iter().map(|watch| watch.name.len()).max().unwrap_or(0)),
            name_start: 0,
            named: None,
            open: None,
            found: Vec::new(),
            awaits_comma: false,
            last_comma: None,
        }
    }

    /// A name begins: the cursor is at its opening quote.
    pub(super) fn begin_name(&mut self, cursor: &Cursor) {
        self.name.clear();
        self.name_start = cursor.offset();
    }

    pub(super) fn name_piece(&mut self, piece: Piece) {
        self.name.push(piece);
    }

    /// A name is over: the cursor is behind its closing quote.
    pub(super) fn end_name(&mut self, cursor: &Cursor) -> Result<(), Error> {
        for (watch, seen) in self.watched.iter().zip(&mut self.seen) {
            let likeness = self.name.likeness(watch.name);
            if likeness == Likeness::Different {
                continue;
            }
            if std::mem::replace(seen, true) {
                let kind = ErrorKind::DuplicateMember(watch.name);
                return Err(Error { offset: self.name_start, kind });
            }
            if likeness == Likeness::Exact {
                self.named = Some((watch, self.name_start..cursor.offset()));
            }
        }
        Ok(())
    }

    /// A value begins: the cursor is at its first byte.
    pub(super) fn begin_value(&mut self, kind: Kind, cursor: &Cursor) {
        let Some((watch, key)) = self.named.take() else { return };
        let member = Member {
            name: watch.name,
            kind,
            key,
            value: cursor.offset()..cursor.offset(),
            raw: Vec::new(),
            comma_before: self.last_comma,
            comma_after: None,
        };
        self.open = Some((member, watch.keep));
    }

    /// A value is over: the cursor is behind its last byte.
    pub(super) fn end_value(&mut self, cursor: &Cursor) {
        self.keep(cursor);
        if let Some((mut member, _)) = self.open.take() {
            member.value.end = cursor.offset();
            self.found.push(member);
            self.awaits_comma = true;
        }
    }

    /// Keeps what the chunk up to the cursor holds of a value that is to be kept. Once per chunk.
    pub(super) fn keep(&mut self, cursor: &Cursor) {
        if let Some((member, Keep::Value)) = &mut self.open {
            member.raw.extend_from_slice(cursor.since(member.value.start));
        }
    }

    /// A comma separates two members: the cursor is at it.
    pub(super) fn comma(&mut self, cursor: &Cursor) {
        self.last_comma = Some(cursor.offset());
        if std::mem::take(&mut self.awaits_comma) {
            if let Some(member) = self.found.last_mut() {
                member.comma_after = self.last_comma;
            }
        }
    }

    pub(super) fn into_found(self) -> Vec<Member> {
        self.found
    }
}
