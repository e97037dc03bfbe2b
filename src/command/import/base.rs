//! Base URLs.

/// Where a provider's API begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Whether it is reached without TLS.
    pub is_plain: bool,
    /// The host, and the port if it is named.
    pub authority: String,
    /// The path: empty, or it begins with `/` and does not end with it.
    pub path: String,
    /// What follows a `?`.
    pub query: Option<String>,
}

impl Base {
    /// Reads an `http` or `https` URL.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("its address {url:?} {why}"));
        let Some((scheme, rest)) = url.trim().split_once("://") else {
            return wrong("does not begin with http:// or https://");
        };
        let is_plain = match scheme.to_ascii_lowercase().as_str() {
            "https" => false,
            "http" => true,
            _ => return wrong("does not begin with http:// or https://"),
        };
        let rest = rest.split_once('#').map_or(rest, |(front, _)| front);
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query.to_owned())),
            None => (rest, None),
        };
        let (authority, path) = match rest.find('/') {
            Some(place) => rest.split_at(place),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return wrong("holds a user's name or password");
        }
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => match port.parse::<u16>() {
                Ok(_) => host,
                Err(_) => return wrong("has no port after its `:`"),
            },
            _ => authority,
        };
        if host.is_empty() || !authority.bytes().all(is_host) {
            return wrong("has no host");
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) || path.contains("//") {
            return wrong("has a path that cannot be sent");
        }
        let path = path.trim_end_matches('/').to_owned();
        Ok(Self { is_plain, authority: usual(authority, is_plain), path, query })
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => &self.authority,
        }
    }

    /// The base itself, without what clients add to it: some write out a whole endpoint.
    pub fn without(mut self, endpoints: &[&str]) -> Self {
        for endpoint in endpoints {
            if let Some(front) = self.path.strip_suffix(endpoint) {
                self.path = front.trim_end_matches('/').to_owned();
            }
        }
        self
    }
}

/// In lower case, and without a port that the scheme has anyway.
fn usual(authority: &str, is_plain: bool) -> String {
    let authority = authority.to_ascii_lowercase();
    let port = if is_plain { ":80" } else { ":443" };
    authority.strip_suffix(port).map_or(authority.clone(), str::to_owned)
}

#[cfg(test)]
mod tests;
