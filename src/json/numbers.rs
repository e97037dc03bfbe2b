//! Reads those numbers out of a document that a schema asks for: the token counts of an answer.

use super::automaton::{Automaton, Listener};
use super::cursor::Cursor;
use super::name::Name;
use super::string::Piece;
use super::whole::Whole;
use super::{Error, ValueKind};

/// Which numbers of a document are wanted, and what receives them.
///
/// The calls come in the order of the document, while it is read. Whether the document is valid is known only at its end.
pub trait NumberSchema {
    /// An object that has wanted members.
    type Object: Copy;
    /// A wanted number or text.
    type Field: Copy;

    /// The document's own object.
    const DOCUMENT: Self::Object;

    /// What the member of this name, in UTF-8, of this object is; `None` if nothing in it is wanted. The names that a
    /// schema knows have at most 64 bytes: it may not be asked about longer ones.
    fn member(object: Self::Object, name: &[u8])
        -> Option<SchemaMember<Self::Object, Self::Field>>;

    /// A wanted object begins. Not called for the document's own object.
    fn begin_object(&mut self, object: Self::Object);

    /// A wanted object is over. Not called for the document's own object.
    fn end_object(&mut self, object: Self::Object);

    /// A wanted number was read. `None` if it is not a whole number that fits a `u64`.
    fn number(&mut self, field: Self::Field, value: Option<u64>);

    /// A wanted text was read: the value as the document spells it, quotes and escapes included, of a long one the first
    /// [`MAX_TEXT`] bytes.
    fn text(&mut self, field: Self::Field, raw: &[u8]);
}

/// What a wanted member is. A value of another kind is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaMember<O, F> {
    /// An object with wanted members.
    Object(O),
    /// An array of such objects.
    Array(O),
    /// A number.
    Number(F),
    /// A string.
    Text(F),
}

/// The most bytes of a wanted text that are kept.
pub const MAX_TEXT: usize = 16;

/// Reads the numbers of one document after another, chunk by chunk.
///
/// It accepts the documents that [`Scanner`](super::Scanner) accepts, but for two members of one
/// name: both are read. A number is whole if it is not negative, fits a `u64` and has no exponent
/// and no digit but `0` behind its point.
///
/// Of a document it keeps the name it is reading and the way there, and allocates for nothing else.
pub struct NumberReader<S: NumberSchema>(Automaton<SchemaListener<S>>);

impl<S: NumberSchema> NumberReader<S> {
    /// A reader at the beginning of a document.
    pub fn new(schema: S) -> Self {
        let mut path = Vec::with_capacity(USUAL_DEPTH);
        path.push(Level::Object(S::DOCUMENT));
        Self(Automaton::new(SchemaListener {
            schema,
            name: Name::new(LONGEST_NAME),
            path,
            member: None,
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

    /// How many bytes of the document were fed.
    pub fn scanned(&self) -> usize {
        self.0.scanned()
    }

    /// Whether what was fed is a whole document, followed by white space at most.
    pub fn is_complete(&self) -> bool {
        self.0.check().is_ok()
    }

    /// What received the numbers.
    pub fn schema(&self) -> &S {
        &self.0.listener().schema
    }

    /// What receives the numbers.
    pub fn schema_mut(&mut self) -> &mut S {
        &mut self.0.listener_mut().schema
    }

    /// Begins another document.
    pub fn restart(&mut self) {
        self.0.restart();
        self.0.listener_mut().restart();
    }

    /// How many bytes it has allocated.
    #[cfg(test)]
    pub(crate) fn allocated(&self) -> usize {
        let listener = self.0.listener();
        let path = listener.path.capacity().saturating_mul(size_of::<Level<S::Object>>());
        listener.name.allocated().saturating_add(path)
    }
}

const LONGEST_NAME: usize = 64;

/// How deep wanted numbers usually lie: a few containers.
const USUAL_DEPTH: usize = 4;

/// Follows the objects of the schema and reads the values in them that it wants.
struct SchemaListener<S: NumberSchema> {
    schema: S,
    name: Name,
    /// The containers of the schema that are open, the document first. Others may be open inside.
    path: Vec<Level<S::Object>>,
    /// What the member whose name was read last is.
    member: Option<SchemaMember<S::Object, S::Field>>,
    /// The value that is being read.
    open: Option<Open<S::Field>>,
}

#[derive(Clone, Copy)]
enum Level<O> {
    Object(O),
    Array(O),
}

struct Open<F> {
    field: F,
    value: OpenValue,
    /// Offset of its first byte in the document.
    start: usize,
}

enum OpenValue {
    Number(Whole),
    Text(ShortText),
}

/// The first bytes of a text.
#[derive(Default)]
struct ShortText {
    bytes: [u8; MAX_TEXT],
    len: usize,
}

impl ShortText {
    fn push(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        for (kept, byte) in room.iter_mut().zip(bytes) {
            *kept = *byte;
        }
        self.len = self.len.saturating_add(bytes.len()).min(MAX_TEXT);
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl<S: NumberSchema> SchemaListener<S> {
    fn restart(&mut self) {
        // The last document may have ended anywhere.
        self.path.truncate(1);
        self.open = None;
    }

    /// What the schema expects where a value begins.
    fn expected(&self) -> Option<SchemaMember<S::Object, S::Field>> {
        match self.path.last() {
            Some(Level::Array(element)) => Some(SchemaMember::Object(*element)),
            _ => self.member,
        }
    }

    /// Reads what the chunk holds of an open value. Once per chunk.
    fn read(&mut self, cursor: &Cursor) {
        if let Some(open) = &mut self.open {
            let bytes = cursor.since(open.start);
            match &mut open.value {
                OpenValue::Number(number) => number.read(bytes),
                OpenValue::Text(text) => text.push(bytes),
            }
        }
    }

    fn end_wanted(&mut self, cursor: &Cursor) {
        self.read(cursor);
        match self.open.take() {
            Some(Open { field, value: OpenValue::Number(number), .. }) => {
                self.schema.number(field, number.value());
            }
            Some(Open { field, value: OpenValue::Text(text), .. }) => {
                self.schema.text(field, text.bytes());
            }
            None => {}
        }
    }

    fn leave(&mut self, open: usize) {
        while self.path.len() > open {
            if let Some(Level::Object(object)) = self.path.pop() {
                self.schema.end_object(object);
            }
        }
    }

    fn open(&mut self, field: S::Field, value: OpenValue, cursor: &Cursor) {
        self.open = Some(Open { field, value, start: cursor.offset() });
    }
}

impl<S: NumberSchema> Listener for SchemaListener<S> {
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
        self.member = match (self.path.last(), self.name.text()) {
            (Some(Level::Object(object)), Some(name)) => S::member(*object, name.as_bytes()),
            _ => None,
        };
        Ok(())
    }

    fn plain_name(&mut self, name: &[u8], _cursor: &Cursor) -> Result<(), Error> {
        self.member = match self.path.last() {
            Some(Level::Object(object)) => S::member(*object, name),
            _ => None,
        };
        Ok(())
    }

    fn begin_value(&mut self, kind: ValueKind, cursor: &Cursor) {
        match (self.expected(), kind) {
            (Some(SchemaMember::Object(object)), ValueKind::Object) => {
                self.path.push(Level::Object(object));
                self.schema.begin_object(object);
            }
            (Some(SchemaMember::Array(element)), ValueKind::Array) => {
                self.path.push(Level::Array(element));
            }
            (Some(SchemaMember::Number(field)), ValueKind::Number) => {
                self.open(field, OpenValue::Number(Whole::default()), cursor);
            }
            (Some(SchemaMember::Text(field)), ValueKind::String) => {
                self.open(field, OpenValue::Text(ShortText::default()), cursor);
            }
            _ => {}
        }
    }

    #[inline]
    fn end_value(&mut self, cursor: &Cursor) {
        if self.open.is_some() {
            self.end_wanted(cursor);
        }
    }

    fn comma(&mut self, _cursor: &Cursor) {}

    #[inline]
    fn close(&mut self, depth: u32) {
        // The document's own level stays, for the next document.
        let open = usize::try_from(depth).unwrap_or(usize::MAX).max(1);
        if self.path.len() > open {
            self.leave(open);
        }
    }

    fn end_chunk(&mut self, cursor: &Cursor) {
        self.read(cursor);
    }
}
