use super::automaton::{Automaton, Listener};
use super::cursor::Cursor;
use super::name::Name;
use super::string::Piece;
use super::whole::Whole;
use super::{Error, Kind};

/// Where in a document the numbers stand that are wanted, and what takes them.
pub trait Outline {
    /// An object that holds such numbers or leads to them.
    type Object: Copy;
    /// A number that is wanted.
    type Number: Copy;

    /// The document's own object.
    const DOCUMENT: Self::Object;

    /// What the member of this name, in UTF-8, in this object is; `None` if nothing in it is wanted. An
    /// outline's own names have at most 64 bytes: it may not be asked about longer ones.
    fn member(object: Self::Object, name: &[u8]) -> Option<Part<Self::Object, Self::Number>>;

    /// Takes a number as soon as it is read. Whether the document is valid shows later.
    fn take(&mut self, number: Self::Number, value: u64);
}

/// What a wanted member is. If its value is of another kind, it is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<O, N> {
    /// An object with wanted members.
    Object(O),
    /// An array of such objects.
    Array(O),
    /// A wanted number.
    Number(N),
}

/// Reads whole numbers out of one document after another, chunk by chunk.
///
/// It accepts the documents that [`Scanner`](super::Scanner) accepts, but for two members of one
/// name: both are read. A number is whole if it is not negative, fits a `u64` and has no exponent
/// and no digit but `0` behind its point. Others are passed over.
///
/// Of a document it keeps the name it is reading and the way there, and allocates for nothing else.
pub struct Numbers<O: Outline>(Automaton<Picker<O>>);

impl<O: Outline> Numbers<O> {
    /// A reader at the beginning of a document.
    pub fn new(outline: O) -> Self {
        let mut path = Vec::with_capacity(USUAL_DEPTH);
        path.push(Level::Object(O::DOCUMENT));
        Self(Automaton::new(Picker {
            outline,
            name: Name::new(LONGEST_NAME),
            path,
            named: None,
            open: None,
        }))
    }

    /// Reads the next piece of the document, which may be empty.
    ///
    /// # Errors
    ///
    /// The first error in the document; once there is one, every call returns it.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.0.feed(chunk)
    }

    /// Whether what was fed is a whole document, followed by white space at most.
    pub fn is_complete(&self) -> bool {
        self.0.check().is_ok()
    }

    /// What took the numbers.
    pub fn outline(&self) -> &O {
        &self.0.listener().outline
    }

    /// Begins another document, whose numbers this outline takes.
    pub fn restart(&mut self, outline: O) {
        self.0.restart();
        self.0.listener_mut().restart(outline);
    }

    /// How many bytes it has allocated.
    #[cfg(test)]
    pub(crate) fn allocated(&self) -> usize {
        let picker = self.0.listener();
        let path = picker.path.capacity().saturating_mul(size_of::<Level<O::Object>>());
        picker.name.allocated().saturating_add(path)
    }
}

const LONGEST_NAME: usize = 64;

/// How deep outlines go: a few containers.
const USUAL_DEPTH: usize = 4;

/// Follows the objects of the outline and the numbers in them.
struct Picker<O: Outline> {
    outline: O,
    name: Name,
    /// The containers of the outline that are open, the document first. Others may be open inside.
    path: Vec<Level<O::Object>>,
    /// What the member named last is.
    named: Option<Part<O::Object, O::Number>>,
    /// The number that is being read.
    open: Option<Open<O::Number>>,
}

#[derive(Clone, Copy)]
enum Level<O> {
    Object(O),
    Array(O),
}

struct Open<N> {
    number: N,
    value: Whole,
    start: usize,
}

impl<O: Outline> Picker<O> {
    fn restart(&mut self, outline: O) {
        self.outline = outline;
        // The last document may have ended anywhere.
        self.path.truncate(1);
        self.open = None;
    }

    /// What the value that begins is, as far as its place tells.
    fn part(&self) -> Option<Part<O::Object, O::Number>> {
        match self.path.last() {
            Some(Level::Array(element)) => Some(Part::Object(*element)),
            _ => self.named,
        }
    }

    /// Reads what the chunk holds of an open number. Once per chunk.
    fn read(&mut self, cursor: &Cursor) {
        if let Some(open) = &mut self.open {
            open.value.read(cursor.since(open.start));
        }
    }
}

impl<O: Outline> Listener for Picker<O> {
    #[inline]
    fn follows(&self, depth: u32) -> bool {
        usize::try_from(depth).is_ok_and(|depth| depth == self.path.len())
    }

    fn begin_name(&mut self, _cursor: &Cursor) {
        self.name.clear();
    }

    fn name_piece(&mut self, piece: Piece) {
        self.name.push(piece);
    }

    fn end_name(&mut self, _cursor: &Cursor) -> Result<(), Error> {
        self.named = match (self.path.last(), self.name.text()) {
            (Some(Level::Object(object)), Some(name)) => O::member(*object, name.as_bytes()),
            _ => None,
        };
        Ok(())
    }

    fn plain_name(&mut self, name: &[u8], _cursor: &Cursor) -> Result<(), Error> {
        self.named = match self.path.last() {
            Some(Level::Object(object)) => O::member(*object, name),
            _ => None,
        };
        Ok(())
    }

    fn begin_value(&mut self, kind: Kind, cursor: &Cursor) {
        match (self.part(), kind) {
            (Some(Part::Object(object)), Kind::Object) => self.path.push(Level::Object(object)),
            (Some(Part::Array(element)), Kind::Array) => self.path.push(Level::Array(element)),
            (Some(Part::Number(number)), Kind::Number) => {
                self.open = Some(Open { number, value: Whole::default(), start: cursor.offset() });
            }
            _ => {}
        }
    }

    fn end_value(&mut self, cursor: &Cursor) {
        self.read(cursor);
        if let Some(Open { number, value, .. }) = self.open.take() {
            if let Some(value) = value.value() {
                self.outline.take(number, value);
            }
        }
    }

    fn comma(&mut self, _cursor: &Cursor) {}

    fn close(&mut self, depth: u32) {
        // The document's own level stays, for the next document.
        self.path.truncate(usize::try_from(depth).unwrap_or(usize::MAX).max(1));
    }

    fn end_chunk(&mut self, cursor: &Cursor) {
        self.read(cursor);
    }
}
