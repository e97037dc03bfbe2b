//! The hosts of providers.

use super::Field;

/// The host of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Always this one.
    Fixed(&'static str),
    /// Different for every customer: it must be configured.
    Configured,
    /// Different for every region.
    Regional {
        /// The region of those who name none; `None` where they must.
        default: Option<&'static str>,
        /// Names of regions, which may end with a `*`, with their hosts. The first that fits counts.
        hosts: &'static [(&'static str, &'static str)],
    },
    /// Wherever the cluster leads: the client's is left alone.
    AsSent,
}

/// Why there is no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoHost {
    /// It must be configured.
    NotConfigured,
    /// The region must be configured.
    NoRegion,
    /// The provider has no such region.
    UnknownRegion,
}

impl Authority {
    /// The host for the configured `region`; `None` where the client's is left alone.
    ///
    /// # Errors
    ///
    /// [`NoHost`] says what is missing.
    pub fn host(self, region: Option<&str>) -> Result<Option<String>, NoHost> {
        match self {
            Self::Fixed(host) => Ok(Some(host.to_owned())),
            Self::AsSent => Ok(None),
            Self::Configured => Err(NoHost::NotConfigured),
            Self::Regional { default, hosts } => {
                let region = region.or(default).ok_or(NoHost::NoRegion)?;
                let fits = |name: &str| match name.strip_suffix('*') {
                    Some(front) => region.starts_with(front),
                    None => region == name,
                };
                let host = hosts.iter().find(|(name, _)| fits(name));
                let (_, host) = host.ok_or(NoHost::UnknownRegion)?;
                Ok(Some(host.replace(Field::Region.placeholder(), region)))
            }
        }
    }

    /// Whether it depends on the region.
    #[must_use]
    pub fn has_regions(self) -> bool {
        matches!(self, Self::Regional { .. })
    }
}
