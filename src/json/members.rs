//! The listener of the scanner: finds the watched members of a request's body.

use std::ops::Range;

use super::automaton::Listener;
use super::cursor::Cursor;
use super::name::{Likeness, Name};
use super::string::Piece;
use super::{Error, ErrorKind, Keep, Kind, Member, Watch, MAX_KEPT};

/// Follows the members of the document's own object and remembers the watched ones.
pub(super) struct Members {
    watched: &'static [Watch],
    name: Name,
    /// Where the current name begins.
    name_start: usize,
    /// The name just read is a watched one.
    named: Option<(&'static Watch, Range<usize>)>,
    /// The watched member whose value is being read.
    open: Option<(Member, Keep)>,
    found: Vec<Member>,
    /// The watched names that came in another case.
    variants: Vec<&'static str>,
    /// The last member found has no comma after it yet.
    awaits_comma: bool,
    last_comma: Option<usize>,
    /// No name has come yet.
    is_empty: bool,
}

impl Members {
    pub(super) fn new(watched: &'static [Watch]) -> Self {
        Self {
            watched,
            name: Name::new(watched.iter().map(|watch| watch.name.len()).max().unwrap_or(0)),
            name_start: 0,
            named: None,
            open: None,
            found: Vec::new(),
            variants: Vec::new(),
            awaits_comma: false,
            last_comma: None,
            is_empty: true,
        }
    }

    /// Whether the object has no members, watched or not.
    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Whether there was a member of exactly this name.
    fn has(&self, name: &str) -> bool {
        self.found.iter().any(|member| member.name == name)
    }

    /// The members that were found, and the watched names that came in another case only.
    pub(super) fn into_found(self) -> (Vec<Member>, Vec<&'static str>) {
        (self.found, self.variants)
    }

    /// Compares the name that ends at the cursor with the watched ones.
    fn named(
        &mut self,
        cursor: &Cursor,
        likeness: impl Fn(&Name, &str) -> Likeness,
    ) -> Result<(), Error> {
        for watch in self.watched {
            let likeness = likeness(&self.name, watch.name);
            if likeness == Likeness::Different {
                continue;
            }
            if self.has(watch.name) || self.variants.contains(&watch.name) {
                let kind = ErrorKind::DuplicateMember(watch.name);
                return Err(Error { offset: self.name_start, kind });
            }
            match likeness {
                Likeness::Exact => self.named = Some((watch, self.name_start..cursor.offset())),
                _ => self.variants.push(watch.name),
            }
        }
        Ok(())
    }

    /// Keeps what the chunk up to the cursor holds of a value that is to be kept. Once per chunk.
    fn keep(&mut self, cursor: &Cursor) {
        if let Some((member, Keep::Value)) = &mut self.open {
            let read = cursor.since(member.value.start);
            let room = MAX_KEPT.saturating_sub(member.raw.len());
            member.raw.extend_from_slice(read.get(..room).unwrap_or(read));
        }
    }
}

impl Listener for Members {
    #[inline]
    fn follows(&self, depth: u32) -> bool {
        depth == 1
    }

    fn begin_name(&mut self, cursor: &Cursor) {
        self.is_empty = false;
        self.name.clear();
        self.name_start = cursor.offset();
    }

    fn name_piece(&mut self, piece: Piece) {
        self.name.push(piece);
    }

    fn end_name(&mut self, cursor: &Cursor) -> Result<(), Error> {
        self.named(cursor, Name::likeness)
    }

    fn plain_name(&mut self, name: &[u8], cursor: &Cursor) -> Result<(), Error> {
        self.named(cursor, |_, watched| Likeness::of_plain(name, watched))
    }

    fn begin_value(&mut self, kind: Kind, cursor: &Cursor) {
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

    fn end_value(&mut self, cursor: &Cursor) {
        self.keep(cursor);
        if let Some((mut member, _)) = self.open.take() {
            member.value.end = cursor.offset();
            // Mostly there is only one.
            self.found.reserve_exact(1);
            self.found.push(member);
            self.awaits_comma = true;
        }
    }

    fn comma(&mut self, cursor: &Cursor) {
        self.last_comma = Some(cursor.offset());
        if std::mem::take(&mut self.awaits_comma) {
            if let Some(member) = self.found.last_mut() {
                member.comma_after = self.last_comma;
            }
        }
    }

    fn close(&mut self, _depth: u32) {}

    fn end_chunk(&mut self, cursor: &Cursor) {
        self.keep(cursor);
    }
}
