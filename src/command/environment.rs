//! The variables from which Envoy would take secrets, as far as they are known here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::outcome::Trouble;

/// Variables: those of a file, and those of this process.
#[derive(Debug, Default)]
pub struct Environment {
    of_file: BTreeMap<String, String>,
    /// Whether what is neither in the file nor in this process is missing, and not just unknown.
    is_complete: bool,
}

impl Environment {
    /// The variables of `NAME=value` lines; without a file there are only those of this process.
    ///
    /// # Errors
    ///
    /// [`Trouble`] for a file that cannot be read.
    pub fn new(file: Option<&str>) -> Result<Self, Trouble> {
        let Some(file) = file else { return Ok(Self::default()) };
        let unreadable = |error: dotenvy::Error| match error {
            dotenvy::Error::Io(error) => Trouble::File { file: file.to_owned(), error },
            // Its text would repeat the line, and with it a secret.
            _ => Trouble::Usage(format!("{file}: a line is not of the form NAME=value")),
        };
        let of_file = dotenvy::from_path_iter(file)
            .map_err(unreadable)?
            .collect::<Result<_, _>>()
            .map_err(unreadable)?;
        Ok(Self { of_file, is_complete: true })
    }

    /// What a variable holds, if that is known.
    pub fn get(&self, name: &str) -> Option<String> {
        self.of_file.get(name).cloned().or_else(|| std::env::var(name).ok())
    }

    /// Whether a variable that is not known is certain to be missing.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }
}

/// Whether this can be the name of a variable of the environment, as POSIX has it: letters, digits and `_`. `$NAME`, `os.environ/NAME`
/// and the like are how other programs refer to one; what has other signs may be a secret.
pub fn is_variable_name(text: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(is_inside)
}

/// The environment of one virtual machine, with something in the place of what is not known here, so that the rest of
/// the configuration can be looked at.
#[derive(Debug)]
pub struct VmEnvironment<'e> {
    environment: &'e Environment,
    /// What the Envoy file hands on; `None` where no file says.
    handed_on: Option<Handed>,
    /// Which variables are not known here.
    unknown: RefCell<BTreeSet<String>>,
}

/// What `vm_config.environment_variables` hands on.
#[derive(Debug, Default)]
pub struct Handed {
    /// Variables that are given there.
    pub key_values: BTreeMap<String, String>,
    /// Variables of Envoy's own environment.
    pub host_env_keys: BTreeSet<String>,
}

impl<'e> VmEnvironment<'e> {
    /// The environment of a virtual machine.
    pub fn new(environment: &'e Environment, handed_on: Option<Handed>) -> Self {
        Self { environment, handed_on, unknown: RefCell::default() }
    }

    /// What the filter would find in the variable.
    pub fn lookup(&self, name: &str) -> Option<String> {
        if let Some(handed) = &self.handed_on {
            if let Some(value) = handed.key_values.get(name) {
                return Some(value.clone());
            }
            if !handed.host_env_keys.contains(name) {
                return None;
            }
        }
        if !is_variable_name(name) {
            return None;
        }
        let known = self.environment.get(name);
        if known.is_some() || self.environment.is_complete() {
            return known;
        }
        self.unknown.borrow_mut().insert(name.to_owned());
        Some(format!("the-value-of-{name}"))
    }

    /// Whether the Envoy file keeps the variable from the filter.
    pub fn is_withheld(&self, name: &str) -> bool {
        self.handed_on.as_ref().is_some_and(|handed| {
            !handed.key_values.contains_key(name) && !handed.host_env_keys.contains(name)
        })
    }

    /// Whether the variable was asked for and is not known here.
    pub fn is_unknown(&self, name: &str) -> bool {
        self.unknown.borrow().contains(name)
    }
}
