//! The parameters of a header value.

/// The parameters of a header value such as `form-data; name="a"; filename=b`, one by one.
///
/// The grammar is that of RFC 9110 without what it allows and no client writes: tabs, a blank
/// before a semicolon, a semicolon at the end. There are parsers that find no name then, among them
/// aiohttp. Values are as they are written: nothing that is compared to them has a backslash.
pub(super) struct Parameters<'a> {
    text: &'a [u8],
    at: usize,
    takes_escaped_quotes: bool,
}

/// A parameter and where in the header value its name begins.
pub(super) struct Parameter<'a> {
    pub(super) at: usize,
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// Where in the header value the first escaped quote of `value` is, at its backslash.
    pub(super) escaped_quote: Option<usize>,
}

/// Why the parameters cannot be read, and where in the header value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// No parameter looks like this.
    Syntax(usize),
    /// A backslash before a quote: the quote is escaped for some parsers, for others it closes the
    /// string. PHP sees it escaped even after two backslashes.
    EscapedQuote(usize),
}

impl<'a> Parameters<'a> {
    /// Splits a header value into what stands before the first semicolon, and the parameters.
    pub(super) fn split(text: &'a [u8]) -> (&'a [u8], Self) {
        let end = text.iter().position(|&byte| byte == b';').unwrap_or(text.len());
        (text.get(..end).unwrap_or_default(), Self { text, at: end, takes_escaped_quotes: false })
    }

    /// Takes quotes after a backslash, as Go writes them in file names. No parser finds another parameter in such a value, for
    /// there is no semicolon in it.
    pub(super) fn taking_escaped_quotes(self) -> Self {
        Self { takes_escaped_quotes: true, ..self }
    }

    /// The next parameter.
    pub(super) fn next(&mut self) -> Result<Option<Parameter<'a>>, Flaw> {
        if self.rest().is_empty() {
            return Ok(None);
        }
        self.skip(b';')?;
        self.take(self.rest().iter().take_while(|&&byte| byte == b' ').count());
        let at = self.at;
        let name = self.token()?;
        self.skip(b'=')?;
        let (value, escaped_quote) = match self.rest().starts_with(b"\"") {
            true => self.quoted()?,
            false => (self.token()?, None),
        };
        Ok(Some(Parameter { at, name, value, escaped_quote }))
    }

    fn token(&mut self) -> Result<&'a [u8], Flaw> {
        match self.rest().iter().take_while(|&&byte| is_token(byte)).count() {
            0 => Err(Flaw::Syntax(self.at)),
            length => Ok(self.take(length)),
        }
    }

    fn quoted(&mut self) -> Result<(&'a [u8], Option<usize>), Flaw> {
        self.skip(b'"')?;
        let start = self.at;
        let mut escaped_quote = None;
        loop {
            let Some(length) = memchr::memchr(b'"', self.rest()) else {
                let unclosed = Flaw::Syntax(self.text.len());
                return Err(escaped_quote.map_or(unclosed, Flaw::EscapedQuote));
            };
            let piece = self.take(length);
            let value = self.text.get(start..self.at).unwrap_or_default();
            if !piece.ends_with(b"\\") {
                self.skip(b'"')?;
                return match escaped_quote.filter(|_| value.contains(&b';')) {
                    Some(at) => Err(Flaw::EscapedQuote(at)),
                    None => Ok((value, escaped_quote)),
                };
            }
            let at = self.at.saturating_sub(1);
            let first = *escaped_quote.get_or_insert(at);
            if !self.takes_escaped_quotes || piece.ends_with(b"\\\\") {
                return Err(Flaw::EscapedQuote(first));
            }
            self.skip(b'"')?;
        }
    }

    fn skip(&mut self, byte: u8) -> Result<(), Flaw> {
        if self.rest().first() != Some(&byte) {
            return Err(Flaw::Syntax(self.at));
        }
        self.take(1);
        Ok(())
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at = self.at.saturating_add(taken.len());
        taken
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// Whether a byte may stand in a token of RFC 9110, e.g. a header's name.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether `text` has `part`, which is in lower case, in it in any case.
pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}
