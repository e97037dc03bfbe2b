//! `providers.inference`.

use super::expand::{assumed, default_of, expand, secret};
use crate::import::base::Base;
use crate::import::plan::{free, Auth, Path, Plan, Provider};
use crate::import::provider::{self, Row, Style};
use crate::import::values::Values;
use crate::yaml::Yaml;

/// A provider that was carried over.
pub struct Known {
    /// Its id in the Llama Stack, the front of its models' names.
    pub id: String,
    /// Its name here.
    pub name: String,
    /// The models that alone may be called there.
    pub allowed: Option<Vec<String>>,
}

/// Adds a provider. `ids` are those of all, which it cannot be called by.
pub fn import(entry: &Yaml, ids: &[String], values: &Values, plan: &mut Plan) -> Option<Known> {
    let line = entry.mark.line;
    let kind = entry.text_of("provider_type").unwrap_or_default();
    // `${env.OPENAI_API_KEY:+openai}` is there if the variable is.
    let id = entry.text_of("provider_id").map(|id| expand(id, values));
    let id = match id {
        Some(Ok(Some(id))) if id != "__disabled__" => id,
        Some(Err(name)) => {
            plan.remarks.lost(format_args!(
                "line {line}: a provider {kind}: not carried over: {name} is not known here (--env-file)"
            ));
            return None;
        }
        _ => {
            plan.remarks.note(format_args!(
                "line {line}: a provider {kind} that is turned off: not carried over"
            ));
            return None;
        }
    };
    let row = provider::llama_stack(kind);
    let made = match row {
        None => Err("it is not known here".to_owned()),
        Some(row) => Config { yaml: entry.get("config"), values }.provider(&row, &id, plan),
    };
    let mut made = match made {
        Ok(made) => made,
        Err(why) => {
            plan.remarks.lost(format_args!(
                "line {line}: provider {id:?} ({kind}): not carried over: {why}"
            ));
            return None;
        }
    };
    let allowed = entry.at(&["config", "allowed_models"]);
    let allowed = allowed.map(|list| {
        let names = list.items().filter_map(Yaml::text);
        names.filter_map(|name| expand(name, values).ok().flatten()).collect::<Vec<_>>()
    });
    // A Llama Stack routes `provider/<anything>`, unless its configuration lists the models.
    made.unregistered_models = allowed.is_none();
    // Two of them may be at one place, and have different names all the same.
    made.account.get_or_insert_with(|| id.clone());
    let usual = provider::id(&id);
    let wanted = match usual == id {
        true => usual,
        false => free(&usual, |name| ids.iter().any(|other| other == name)),
    };
    let name = plan.provider(&wanted, made);
    if name != id {
        plan.remarks.lost(format_args!(
            "provider {id:?}: a provider cannot be called so here: it is {name:?}"
        ));
    }
    Some(Known { id, name, allowed })
}

/// The ids of all providers.
pub fn ids(entries: &[&Yaml], values: &Values) -> Vec<String> {
    let ids = entries.iter().filter_map(|entry| entry.text_of("provider_id"));
    ids.filter_map(|id| expand(id, values).ok().flatten()).collect()
}

/// A provider's `config`.
struct Config<'y> {
    yaml: Option<&'y Yaml>,
    values: &'y Values,
}

/// The fields that hold a key.
const KEYS: [&str; 5] =
    ["api_key", "api_token", "aws_bearer_token", "auth_credential", "access_token"];

/// The fields that hold an address.
const BASES: [&str; 4] = ["base_url", "url", "api_base", "openai_compat_api_base"];

impl Config<'_> {
    fn text(&self, names: &[&str]) -> Option<&str> {
        let mut texts = names.iter().filter_map(|name| self.yaml?.text_of(name));
        texts.find(|text| !text.is_empty())
    }

    fn value(&self, names: &[&str]) -> Result<Option<String>, String> {
        let Some(text) = self.text(names) else { return Ok(None) };
        expand(text, self.values).map_err(|name| format!("{name} is not known here (--env-file)"))
    }

    fn provider(&self, row: &Row, id: &str, plan: &mut Plan) -> Result<Provider, String> {
        let mut made = match row.style {
            Style::Other => {
                return Err("OpenAI's clients cannot speak to it without a translation".to_owned());
            }
            Style::Vertex => self.vertex()?,
            Style::Bedrock => self.bedrock(row, id, plan)?,
            Style::Azure => self.azure(row)?,
            _ => provider::of_row(row, self.base(row)?).0,
        };
        for name in self.text(&BASES).map(|text| assumed(text, self.values)).unwrap_or_default() {
            plan.remarks.note(format_args!(
                "provider {id:?}: the variable {name} is taken to be unset (--env-file)"
            ));
        }
        if made.auth != Some(Auth::None) {
            self.add_key(row, id, &mut made, plan);
        }
        Ok(made)
    }

    fn base(&self, row: &Row) -> Result<Base, String> {
        let usual = match row.style {
            Style::Ollama => "http://localhost:11434",
            _ => row.base,
        };
        let url = self.value(&BASES)?;
        let url = url.or_else(|| Some(usual.to_owned()).filter(|usual| !usual.is_empty()));
        let mut base = Base::parse(&url.ok_or("it has no address")?)?;
        // It adds the version itself.
        if row.name == "remote::nvidia" && base.path.is_empty() {
            base.path = "/v1".to_owned();
        }
        Ok(base)
    }

    fn azure(&self, row: &Row) -> Result<Provider, String> {
        let base = self.base(row)?;
        let version = self.value(&["api_version"])?;
        let is_v1 = base.path.ends_with("/openai/v1");
        let front = base.path.split_once("/openai").map_or(&*base.path, |(front, _)| front);
        Ok(Provider {
            kind: row.kind,
            authority: Some(base.authority.clone()),
            path: (!front.is_empty()).then(|| Path::Prefix(format!("{front}/openai/v1"))),
            api_version: version.filter(|_| !is_v1 && front.is_empty()),
            plain: base.is_plain.then(|| base.authority.clone()),
            ..Provider::default()
        })
    }

    fn bedrock(&self, row: &Row, id: &str, plan: &mut Plan) -> Result<Provider, String> {
        let region = match self.value(&["region_name", "region"])? {
            Some(region) => region,
            None => self.values.get("AWS_DEFAULT_REGION").unwrap_or_else(|| {
                plan.remarks.lost(format_args!(
                    "provider {id:?}: its region is us-east-2, unless AWS_DEFAULT_REGION is set (--env-file)"
                ));
                "us-east-2".to_owned()
            }),
        };
        let mut made = Provider { kind: row.kind, region: Some(region), ..Provider::default() };
        let signing = ["aws_access_key_id", "aws_role_arn", "profile_name"];
        let signs = self.value(&signing).ok().flatten();
        let token = self.text(&KEYS).map(|key| secret(key, self.values));
        let has_token = matches!(token, Some(Ok(Some(_))));
        if !has_token && signs.is_some() {
            made.auth = Some(Auth::None);

            plan.remarks.lost(format_args!(
                "provider {id:?}: AWS's signatures are made by Envoy's aws_request_signing filter, not here"
            ));
        }
        plan.remarks.lost(format_args!(
            "provider {id:?}: Bedrock serves Claude at messages alone, and most models at its own API alone"
        ));
        Ok(made)
    }

    fn vertex(&self) -> Result<Provider, String> {
        let project = self.value(&["project", "vertex_project"])?.ok_or("it has no project")?;
        let location = self.value(&["location", "vertex_location"])?;
        let location = location.unwrap_or_else(|| "global".to_owned());
        provider::vertex(project, location).map(|(provider, _)| provider)
    }

    /// The key of the configuration as everybody's; a provider without one takes the callers', as a Llama Stack does.
    fn add_key(&self, row: &Row, id: &str, made: &mut Provider, plan: &mut Plan) {
        let is_own = row.is_own_server();
        let text = self.text(&KEYS);
        // What vLLM's template has where there is none.
        let is_fake = |text: &str| text == "fake" || default_of(text) == Some("fake");
        let text = text.filter(|text| !is_own || !is_fake(text) || self.is_set(text));
        match text.map(|text| secret(text, self.values)).transpose() {
            Ok(key) => {
                let key = key.flatten();
                provider::send_credential(made, key.is_some() || !is_own);
                made.client_credentials = key.is_some() || !is_own;
                made.key = key;
            }
            Err(why) => {
                provider::send_credential(made, true);
                made.client_credentials = true;
                plan.remarks
                    .lost(format_args!("provider {id:?}: its key is not carried over: {why}"));
            }
        }
    }

    /// Whether the variable that a text is, is known to be set.
    fn is_set(&self, text: &str) -> bool {
        let variables = assumed(text, self.values);
        variables.is_empty()
            && expand(text, self.values).is_ok_and(|it| it.as_deref() != Some("fake"))
    }
}
