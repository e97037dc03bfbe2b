//! The listener of the scanner: finds the watched members of a request's body.

use std::ops::Range;
use std::rc::Rc;

use super::automaton::Listener;
use super::cursor::Cursor;
use super::inside::{Inside, Insides, LONGEST};
use super::name::{Likeness, Name};
use super::string::Piece;
use super::{
    Error, ErrorKind, Keep, Member, MemberPlace, Noted, ScannedJson, ValueKind, Watch, MAX_KEPT,
};

/// Follows the members of the document's own object and remembers the watched ones.
pub(super) struct Members {
    watched: &'static [Watch],
    /// Further names, of which the first member is noted.
    noted_names: Rc<[Rc<str>]>,
    name: Name,
    /// Where the current name begins.
    name_start: usize,
    /// The name just read is a watched one.
    watched_name: Option<(&'static Watch, Range<usize>)>,
    /// The watched member whose value is being read.
    open: Option<(Member, Keep)>,
    found: Vec<Member>,
    /// The name just read is one that is noted.
    named_note: Option<(Rc<str>, Range<usize>)>,
    /// The member that is being noted.
    open_note: Option<Noted>,
    noted: Vec<Noted>,
    /// The names to note that came in another case, each once and followed by a space.
    noted_variants: String,
    /// The watched names that came in another case.
    variants: Vec<&'static str>,
    /// The list whose last member has no comma after it yet.
    awaits_comma: Option<Which>,
    last_comma: Option<usize>,
    /// How many names have come.
    count: usize,
    /// How many containers are open that are followed, the document among them.
    followed: u32,
    /// What is found further inside, where that is looked for.
    insides: Option<Box<Insides>>,
}

/// A list of members.
#[derive(Clone, Copy)]
enum Which {
    Found,
    Noted,
}

impl Members {
    pub(super) fn new(watched: &'static [Watch], noted_names: Rc<[Rc<str>]>) -> Self {
        let of_watched = watched.iter().map(|watch| watch.name.len());
        let longest = of_watched.chain(noted_names.iter().map(|name| name.len())).max();
        Self {
            watched,
            noted_names,
            name: Name::new(longest.unwrap_or(0).max(LONGEST)),
            name_start: 0,
            watched_name: None,
            open: None,
            found: Vec::new(),
            named_note: None,
            open_note: None,
            noted: Vec::new(),
            noted_variants: String::new(),
            variants: Vec::new(),
            awaits_comma: None,
            last_comma: None,
            count: 0,
            followed: 1,
            insides: None,
        }
    }

    /// Looks inside the document for these names, too.
    pub(super) fn look_inside(&mut self, names: &'static [(&'static str, Inside)]) {
        self.insides = Some(Box::new(Insides::new(names)));
    }

    /// Whether there was a member of exactly this name.
    fn has(&self, name: &str) -> bool {
        self.found.iter().any(|member| member.name == name)
    }

    /// What was found, as the document of these measures.
    pub(super) fn into_document(self, len: usize, inside: usize) -> ScannedJson {
        let found = self.insides.map(|insides| (insides.places, insides.noticed));
        let (places, noticed) = found.unwrap_or_default();
        ScannedJson {
            len,
            inside,
            count: self.count,
            variants: self.variants,
            members: self.found,
            noted: self.noted,
            noted_variants: self.noted_variants,
            places,
            noticed,
        }
    }

    /// Compares the name that ends at the cursor with the watched ones.
    fn compare_name(
        &mut self,
        cursor: &Cursor,
        likeness: impl Fn(&Name, &str) -> Likeness,
    ) -> Result<(), Error> {
        if let Some(insides) = &mut self.insides {
            let is_own = self.followed == 1;
            let is_watched =
                |name: &str| is_own && self.watched.iter().any(|watch| watch.name == name);
            let likeness = |name: &str| likeness(&self.name, name);
            insides.name(self.name_start, &likeness, &is_watched)?;
            if !is_own {
                return Ok(());
            }
        }
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
                Likeness::Exact => {
                    self.watched_name = Some((watch, self.name_start..cursor.offset()))
                }
                _ => self.variants.push(watch.name),
            }
        }
        for index in 0..self.noted_names.len() {
            let Some(name) = self.noted_names.get(index) else { break };
            let likeness = likeness(&self.name, name);
            if likeness != Likeness::Different {
                self.note(Rc::clone(name), likeness == Likeness::Exact, cursor);
            }
        }
        Ok(())
    }

    /// Notes a member of this name, be it exactly or but for case. One name can be both: those to note may differ in
    /// case alone.
    #[inline(never)]
    fn note(&mut self, name: Rc<str>, is_exact: bool, cursor: &Cursor) {
        if !is_exact {
            if !self.noted_variants.split(' ').any(|known| *known == *name) {
                self.noted_variants.push_str(&name);
                self.noted_variants.push(' ');
            }
        } else if let Some(noted) = self.noted.iter_mut().find(|noted| noted.name == name) {
            noted.is_repeated = true;
        } else {
            self.named_note = Some((name, self.name_start..cursor.offset()));
        }
    }

    /// Keeps what the chunk up to the cursor holds of a value that is to be kept. Once per chunk.
    fn keep(&mut self, cursor: &Cursor) {
        if let Some((member, Keep::Value)) = &mut self.open {
            keep(&mut member.raw, cursor.since(member.value.start));
        }
        if let Some(noted) = &mut self.open_note {
            keep(&mut noted.raw, cursor.since(noted.place.value.start));
        }
    }
}

/// Adds what was read of a value, as far as there is room.
fn keep(raw: &mut Vec<u8>, read: &[u8]) {
    let room = MAX_KEPT.saturating_sub(raw.len());
    raw.extend_from_slice(read.get(..room).unwrap_or(read));
}

impl Listener for Members {
    #[inline]
    fn follows(&self, depth: u32) -> bool {
        depth == self.followed
    }

    fn begin_name(&mut self, cursor: &Cursor) {
        if self.followed == 1 {
            self.count = self.count.saturating_add(1);
        }
        self.name.clear();
        self.name_start = cursor.offset();
    }

    fn name_piece(&mut self, piece: Piece) {
        self.name.push(piece);
    }

    fn end_name(&mut self, cursor: &Cursor) -> Result<(), Error> {
        self.compare_name(cursor, Name::likeness)
    }

    fn plain_name(&mut self, name: &[u8], cursor: &Cursor) -> Result<(), Error> {
        self.compare_name(cursor, |_, watched| Likeness::of_plain(name, watched))
    }

    fn begin_value(&mut self, kind: ValueKind, cursor: &Cursor) {
        if let Some(insides) = &mut self.insides {
            if insides.begin_value(kind, cursor.offset(), self.followed > 1) {
                self.followed = self.followed.saturating_add(1);
            }
        }
        if let Some((name, key)) = self.named_note.take() {
            let place = MemberPlace {
                key,
                value: cursor.offset()..cursor.offset(),
                comma_before: self.last_comma,
                comma_after: None,
            };
            self.open_note = Some(Noted { name, kind, place, raw: Vec::new(), is_repeated: false });
        }
        let Some((watch, key)) = self.watched_name.take() else { return };
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
        if let Some(insides) = &mut self.insides {
            insides.end_value(cursor.offset());
            if self.followed > 1 {
                return;
            }
        }
        self.keep(cursor);
        if let Some((mut member, _)) = self.open.take() {
            member.value.end = cursor.offset();
            // Mostly there is only one.
            self.found.reserve_exact(1);
            self.found.push(member);
            self.awaits_comma = Some(Which::Found);
        }
        if let Some(mut noted) = self.open_note.take() {
            noted.place.value.end = cursor.offset();
            self.noted.push(noted);
            self.awaits_comma = Some(Which::Noted);
        }
    }

    fn comma(&mut self, cursor: &Cursor) {
        if self.followed > 1 {
            return;
        }
        self.last_comma = Some(cursor.offset());
        let comma_after = match self.awaits_comma.take() {
            None => None,
            Some(Which::Found) => self.found.last_mut().map(|member| &mut member.comma_after),
            Some(Which::Noted) => self.noted.last_mut().map(|noted| &mut noted.place.comma_after),
        };
        if let Some(comma_after) = comma_after {
            *comma_after = self.last_comma;
        }
    }

    #[inline]
    fn close(&mut self, depth: u32) {
        if self.followed > 1 {
            self.followed = self.followed.min(depth.max(1));
        }
    }

    fn end_chunk(&mut self, cursor: &Cursor) {
        self.keep(cursor);
    }
}
