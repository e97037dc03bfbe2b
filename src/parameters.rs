//! What a target does to the members of a request's body, beside the model.

/// The top-level members of a JSON body that a target gives, replaces and takes away. No name is in two of the lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Members that are given where they are missing or null, each with the JSON of its value.
    pub default: Vec<(Box<str>, Box<str>)>,
    /// Members that are given whatever is there.
    pub set: Vec<(Box<str>, Box<str>)>,
    /// Members that never reach the target.
    pub remove: Vec<Box<str>>,
}

impl Parameters {
    /// The names of all members that it is about.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let given = self.default.iter().chain(&self.set).map(|(name, _)| &**name);
        given.chain(self.remove.iter().map(|name| &**name))
    }
}
