//! The paths that most requests have: found in a table, where all others are taken apart.

use super::{BasePaths, RequestPath};
use crate::endpoint::{Form, Operation};
use crate::short_text::{self, is_same};

/// A base path and an endpoint with a slash between them.
#[derive(Debug)]
pub(super) struct UsualPath {
    hash: u32,
    path: Box<str>,
    /// Its base path, by its number.
    front: usize,
    endpoint: &'static str,
}

impl BasePaths {
    /// All of them.
    pub(super) fn usual_paths(&self) -> Vec<UsualPath> {
        let mut all = Vec::new();
        let fronts = self.fronts.iter().enumerate().filter(|(_, front)| !front.is_built_in);
        for (number, front) in fronts {
            for operation in Operation::ALL.into_iter().filter(|one| Form::native(*one).is_none()) {
                let endpoint = operation.path();
                let path = [&*front.path, "/", endpoint].concat();
                let is_so = |found: &RequestPath<'_>| {
                    *found.front == *front.path
                        && found.endpoint == endpoint
                        && found.model.is_none()
                };
                // One base path may follow another: then the endpoint is another one.
                if self.take_apart(path.as_bytes(), None).is_some_and(|found| is_so(&found)) {
                    let hash = short_text::hash(path.as_bytes());
                    all.push(UsualPath { hash, path: path.into(), front: number, endpoint });
                }
            }
        }
        all
    }

    /// What such a path consists of; `None` for any other path.
    pub(super) fn usual_parts<'a>(
        &'a self,
        path: &'a [u8],
        query: Option<&'a [u8]>,
    ) -> Option<RequestPath<'a>> {
        let hash = short_text::hash(path);
        let is_it = |one: &&UsualPath| one.hash == hash && is_same(one.path.as_bytes(), path);
        let UsualPath { front, endpoint, .. } = self.usual_paths.iter().find(is_it)?;
        let front = &*self.fronts.get(*front)?.path;
        Some(RequestPath { path, front, base: front, endpoint, model: None, query })
    }
}

#[cfg(test)]
mod tests {
    use super::{BasePaths, Operation};

    #[test]
    fn a_usual_path_consists_of_what_it_would_be_taken_apart_into() {
        for given in [&["/v1"][..], &["", "/v1"], &["/chat", "/v1", "/openai/v1"], &["/a", "/a/b"]]
        {
            let bases = BasePaths::new(given.iter().map(|&path| path.into()).collect());
            let mut found = 0;
            for front in given.iter().copied().chain(["/openai", "/v1/v1", "/v1beta"]) {
                for operation in Operation::ALL {
                    let path = [front, "/", operation.path()].concat();
                    let path = path.as_bytes();
                    let usual = bases.usual_parts(path, Some(b"q"));
                    found += usize::from(usual.is_some());
                    let (split, apart) = (bases.split(path), bases.take_apart(path, None));
                    assert_eq!(format!("{split:?}"), format!("{apart:?}"));
                    assert!(usual.is_none_or(|usual| usual.query == Some(b"q")));
                }
            }
            assert!(found > Operation::ALL.len() / 2, "{found} of {given:?}");
        }
    }
}
