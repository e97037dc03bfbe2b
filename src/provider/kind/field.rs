//! What the configuration must tell of a customer's part of a provider.

/// A field of a provider in the configuration that stands, in braces, in hosts and paths of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The region, or what the provider calls a location.
    Region,
    /// The project of a Google cloud.
    Project,
    /// The customer's account.
    Account,
    /// The dated version of the API.
    ApiVersion,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 4] = [Self::Region, Self::Project, Self::Account, Self::ApiVersion];

    /// Its name in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.placeholder().trim_matches(['{', '}'])
    }

    /// What stands for it in a template.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Region => "{region}",
            Self::Project => "{project}",
            Self::Account => "{account}",
            Self::ApiVersion => "{api_version}",
        }
    }

    /// What it is in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Project => "project",
            Self::Account => "account",
            Self::ApiVersion => "API version",
        }
    }

    /// Whether a value may hold this byte: each stands in a host or as one segment of a path.
    #[must_use]
    pub fn allows(self, byte: u8) -> bool {
        match self {
            Self::Region => byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-',
            Self::Project => byte.is_ascii_alphanumeric() || b".-:".contains(&byte),
            Self::Account => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::ApiVersion => byte.is_ascii_alphanumeric() || b".-".contains(&byte),
        }
    }

    /// `template` with the values of the fields in it. What only a request can fill in, `{model}` and `{endpoint}`, stays.
    ///
    /// # Errors
    ///
    /// The first field that has no value.
    pub fn fill<'v>(
        template: &str,
        value: impl Fn(Self) -> Option<&'v str>,
    ) -> Result<String, Self> {
        Self::ALL.into_iter().try_fold(template.to_owned(), |filled, field| {
            if !filled.contains(field.placeholder()) {
                return Ok(filled);
            }
            Ok(filled.replace(field.placeholder(), value(field).ok_or(field)?))
        })
    }
}
