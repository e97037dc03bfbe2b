//! From text to trees.

use std::collections::HashMap;
use std::rc::Rc;

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, ScanError, Span};

use super::{Block, Entry, Mark, Scalar, Value, Yaml};

/// One document of a file.
#[derive(Debug)]
pub struct Document {
    /// Its value.
    pub root: Rc<Yaml>,
    /// The keys that are there twice in one object: where they stand again, and the way to them. Which one counts depends
    /// on [`Repeated`].
    pub repeated: Vec<(Mark, String)>,
}

/// Which value counts of a key that is there twice in one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// The first one.
    First,
    /// The last one, as PyYAML has it. Merge keys (`<<`) are all kept.
    Last,
}

/// Text that is no YAML.
#[derive(Debug)]
pub struct SyntaxError {
    /// Where reading ended.
    pub mark: Mark,
    /// What is wrong there.
    pub message: String,
}

/// Reads all documents of a YAML or JSON text.
///
/// # Errors
///
/// [`SyntaxError`] at the first place that cannot be read.
pub fn read(text: &str) -> Result<Vec<Document>, SyntaxError> {
    read_with(text, Repeated::First)
}

/// Likewise; `repeated` says what a key means that is there twice.
///
/// # Errors
///
/// [`SyntaxError`] at the first place that cannot be read.
pub fn read_with(text: &str, repeated: Repeated) -> Result<Vec<Document>, SyntaxError> {
    let mut options = Options::default();
    // Nobody here reads them, and the parser refuses to hold more than 96 in a row.
    options.set_emit_comments(false);
    let parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader { parser, repeated, state: State::default() };
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.next()? {
        if let Event::DocumentStart(..) = event {
            reader.state = State::default();
            let (event, span) = reader.expect_next(span)?;
            let root = reader.value(event, span, 0)?;
            let repeated = std::mem::take(&mut reader.state.repeated);
            documents.push(Document { root, repeated });
        }
    }
    Ok(documents)
}

/// How deep a document may be nested, and how much it may hold once its aliases are followed.
const DEPTH: usize = 128;
const NODES: usize = 1_000_000;

/// The key of YAML 1.1 whose value's entries are taken for the object's own.
pub const MERGE: &str = "<<";

struct Reader<P> {
    parser: P,
    repeated: Repeated,
    state: State,
}

/// What is known of the document so far.
#[derive(Default)]
struct State {
    anchors: HashMap<usize, (Rc<Yaml>, usize)>,
    nodes: usize,
    path: Vec<String>,
    repeated: Vec<(Mark, String)>,
}

impl<'t, P: Iterator<Item = Result<(Event<'t>, Span), ScanError>>> Reader<P> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, SyntaxError> {
        loop {
            match self.parser.next() {
                None => return Ok(None),
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok(event)) => return Ok(Some(event)),
                Some(Err(error)) => {
                    return Err(SyntaxError { mark: mark(*error.marker()), message: error.info() })
                }
            }
        }
    }

    fn expect_next(&mut self, after: Span) -> Result<(Event<'t>, Span), SyntaxError> {
        self.next()?.ok_or_else(|| SyntaxError {
            mark: mark(after.end),
            message: "the document ends too early".to_owned(),
        })
    }

    fn value(
        &mut self,
        event: Event<'t>,
        span: Span,
        depth: usize,
    ) -> Result<Rc<Yaml>, SyntaxError> {
        let begin = mark(span.start);
        let before = self.state.nodes;
        self.count(1, begin)?;
        if depth > DEPTH {
            return Err(too_much(begin, "it is nested too deeply"));
        }
        let depth = depth.saturating_add(1);
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                let Some((yaml, nodes)) = self.state.anchors.get(&anchor).cloned() else {
                    return Err(too_much(begin, "an alias of what it is part of"));
                };
                self.count(nodes, begin)?;
                return Ok(yaml);
            }
            Event::Scalar(text, style, anchor, _) => {
                (anchor, Value::Scalar(scalar(text.into_owned(), style, span)))
            }
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.expect_next(span)? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => {
                            self.state.path.push(format!("[{}]", items.len()));
                            items.push(self.value(event, span, depth)?);
                            self.state.path.pop();
                        }
                    }
                }
                (anchor, Value::List(items))
            }
            Event::MappingStart(_, anchor, _) => {
                let mut entries: Vec<Entry> = Vec::new();
                loop {
                    let key = match self.expect_next(span)? {
                        (Event::MappingEnd, _) => break,
                        (event, span) => self.value(event, span, depth)?,
                    };
                    let Some(name) = key.text().map(str::to_owned) else {
                        return Err(too_much(key.mark, "a key must be text"));
                    };
                    let dot = if self.state.path.is_empty() { "" } else { "." };
                    self.state.path.push(format!("{dot}{name}"));
                    let is_merge = self.repeated == Repeated::Last && name == MERGE;
                    if !is_merge && entries.iter().any(|entry| entry.key == name) {
                        self.state.repeated.push((key.mark, self.state.path.concat()));
                    }
                    let (event, span) = self.expect_next(span)?;
                    let value = self.value(event, span, depth)?;
                    self.state.path.pop();
                    let entry = Entry { mark: key.mark, key: name, value };
                    let last_counts = self.repeated == Repeated::Last;
                    match entries.iter_mut().find(|known| known.key == entry.key) {
                        Some(known) if last_counts && entry.key != MERGE => *known = entry,
                        Some(_) if !last_counts => {}
                        _ => entries.push(entry),
                    }
                }
                (anchor, Value::Map(entries))
            }
            _ => return Err(too_much(begin, "a value is missing here")),
        };
        let yaml = Rc::new(Yaml { mark: begin, value });
        if anchor != 0 {
            let nodes = self.state.nodes.saturating_sub(before);
            self.state.anchors.insert(anchor, (Rc::clone(&yaml), nodes));
        }
        Ok(yaml)
    }

    fn count(&mut self, nodes: usize, at: Mark) -> Result<(), SyntaxError> {
        self.state.nodes = self.state.nodes.saturating_add(nodes);
        match self.state.nodes > NODES {
            true => Err(too_much(at, "it holds too much")),
            false => Ok(()),
        }
    }
}

fn scalar(text: String, style: ScalarStyle, span: Span) -> Scalar {
    let block = (style == ScalarStyle::Literal).then(|| block(&text, span));
    Scalar { text, is_plain: style == ScalarStyle::Plain, block }
}

/// A literal block's span begins at its first line that is not empty.
fn block(text: &str, span: Span) -> Block {
    let empty = text.chars().take_while(|c| *c == '\n').count();
    Block { first_line: span.start.line().saturating_sub(empty), indent: span.start.col() }
}

fn mark(marker: Marker) -> Mark {
    Mark { line: marker.line().max(1), column: marker.col().saturating_add(1) }
}

fn too_much(mark: Mark, message: &str) -> SyntaxError {
    SyntaxError { mark, message: message.to_owned() }
}
