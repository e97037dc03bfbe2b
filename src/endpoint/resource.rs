//! Resources: what is stored at a provider and has no model in it, such as stored responses, conversations and files.

use super::RequestPath;
use crate::query;

/// Declares the families of resources: the path, whether teams have it whose configuration names no family, and what may be
/// posted.
macro_rules! resources {
    ($($name:ident: $path:literal, $default:literal, $posts:ident;)*) => {
        /// A family of resources at a provider.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is the family of its path")]
        pub enum Resource { $($name,)* }

        impl Resource {
            /// Every family.
            pub const ALL: [Self; [$($path),*].len()] = [$(Self::$name,)*];

            /// The path below the base path.
            #[must_use]
            pub fn path(self) -> &'static str {
                match self { $(Self::$name => $path,)* }
            }

            /// Whether teams have it whose configuration does not say which they have.
            #[must_use]
            pub fn is_default(self) -> bool {
                match self { $(Self::$name => $default,)* }
            }

            /// Which of its paths may be posted to.
            fn posts(self) -> Posts {
                match self { $(Self::$name => Posts::$posts,)* }
            }
        }
    };
}

/// What may be posted.
#[derive(PartialEq, Eq)]
enum Posts {
    /// Anything, the family itself among it.
    Anything,
    /// To one resource, and to what lies below it.
    ToOne,
    /// To what lies below one resource. What else is posted creates one, and names a model.
    BelowOne,
}

resources! {
    Responses: "responses", true, BelowOne;
    Conversations: "conversations", true, Anything;
    Videos: "videos", true, BelowOne;
    ChatCompletions: "chat/completions", true, ToOne;
    Files: "files", false, Anything;
    Uploads: "uploads", false, Anything;
    Batches: "batches", false, Anything;
    VectorStores: "vector_stores", false, Anything;
    Containers: "containers", false, Anything;
    FineTuning: "fine_tuning", false, Anything;
    MessageBatches: "messages/batches", false, Anything;
    RealtimeCalls: "realtime/calls", false, Anything;
}

impl Resource {
    /// The family of this path.
    #[must_use]
    pub fn named(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.path() == path)
    }

    /// Whether its models are chosen by what is sent there, which nobody checks.
    #[must_use]
    pub fn names_models(self) -> bool {
        matches!(
            self,
            Self::Batches | Self::FineTuning | Self::MessageBatches | Self::RealtimeCalls
        )
    }
}

impl RequestPath<'_> {
    /// The family of the resource that a request with this method is for; `None` if it is for none, or if its path could
    /// lead out of it.
    #[must_use]
    pub fn resource(&self, method: &[u8]) -> Option<Resource> {
        if self.model.is_some() || !self.endpoint.split('/').all(is_plain) {
            return None;
        }
        let (family, below) = Resource::ALL.into_iter().find_map(|family| {
            let rest = self.endpoint.strip_prefix(family.path())?;
            match rest.strip_prefix('/') {
                Some(below) => Some((family, below.split('/').count())),
                None => rest.is_empty().then_some((family, 0)),
            }
        })?;
        let is_open = family.posts() == Posts::Anything;
        let is_served = match method {
            b"GET" | b"DELETE" => is_open || below > 0,
            b"POST" => match family.posts() {
                Posts::Anything => true,
                Posts::ToOne => below > 0,
                Posts::BelowOne => below > 1,
            },
            _ => false,
        };
        is_served.then_some(family)
    }
}

impl RequestPath<'_> {
    /// The family of what a realtime connection joins; `None` for one that calls a model. It joins a call that is under way,
    /// or transcribes with a model that it names once it is there.
    #[must_use]
    pub fn realtime_resource(&self) -> Option<Resource> {
        let query = self.query.unwrap_or_default();
        let is_there = |name: &str| !matches!(query::find(query, name), Ok(None));
        let transcribes =
            matches!(query::find(query, "intent"), Ok(Some(pair)) if pair.text == "transcription");
        let joins = is_there("call_id")
            || (transcribes && !is_there(query::MODEL) && !is_there(query::DEPLOYMENT));
        joins.then_some(Resource::RealtimeCalls)
    }
}

/// Whether a segment of a path is one to every server, however often it decodes it: it is not empty, it is no dot segment,
/// and what is encoded in it is none of the characters that divide paths.
fn is_plain(segment: &str) -> bool {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~:@+,=".contains(&byte);
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'.' => continue,
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                match (digit(), digit()) {
                    (Some(high), Some(low)) => u8::try_from(high << 4 | low).unwrap_or(b'%'),
                    _ => return false,
                }
            }
            byte => byte,
        };
        if !is_kept(byte) {
            return false;
        }
    }
    !segment.bytes().all(|byte| byte == b'.')
}

#[cfg(test)]
mod tests;
