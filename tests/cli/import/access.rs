//! Who may call what, at which host and with which key.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::SystemTime;

use envoy_llm_router::{Access as Verdict, Exclusion, HeaderValue, Question, Router, TargetStatus};
use serde::Deserialize;
use serde_json::Value;

/// What callers may call before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// The team, or several.
    teams: Vec<String>,
    /// One of its virtual keys; without it, what the team may call by any key that is not named elsewhere.
    key: Option<String>,
    /// By the names that they ask for: `host key model`, each with the key's variable or itself, `-` for none and `caller`
    /// for the caller's own. A name with a `*` stands for all that it matches, and so does the model's.
    models: BTreeMap<String, Vec<String>>,
}

/// A request, and what becomes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    team: String,
    key: Option<String>,
    model: String,
    #[serde(default = "chat")]
    endpoint: String,
    /// Where it goes: host and path.
    to: Option<String>,
    /// With which header.
    with: Option<String>,
    /// For which model there.
    #[serde(rename = "as")]
    upstream: Option<String>,
    /// What the client is answered instead.
    answer: Option<String>,
}

fn chat() -> String {
    "chat/completions".to_owned()
}

/// A configuration, and what it allows.
pub struct Access<'c> {
    configuration: &'c Value,
    router: Rc<Router>,
    hosts: BTreeMap<String, String>,
}

/// Places, as they are written in a case.
type Places = BTreeSet<String>;

impl<'c> Access<'c> {
    /// # Errors
    ///
    /// Why the filter would refuse the configuration.
    pub fn of(configuration: &'c Value) -> Result<Self, String> {
        let text = configuration.to_string();
        let environment = |name: &str| Some(format!("the-value-of-{name}"));
        let loaded = Router::from_configuration(text.as_bytes(), &environment);
        let loaded = loaded.map_err(|refusal| format!("it is refused: {:?}", refusal.errors))?;
        let router = Rc::new(loaded.router);
        let upstreams = router.upstreams().into_iter();
        let hosts = upstreams.map(|it| (it.name, it.authority.unwrap_or_default())).collect();
        Ok(Self { configuration, router, hosts })
    }

    /// What can be called that could not before, what cannot be called any more, and which key goes elsewhere.
    pub fn compare(&self, before: &[Caller], loses: &[String], texts: &[&str]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut lost = BTreeSet::new();
        let written = Self::written(before, texts);
        let tried = self.in_all_forms(&written);
        for (team, key) in self.callers() {
            let caller = match &key {
                Some(key) => format!("{team}/{key}"),
                None => team.clone(),
            };
            let could = |of_key: Option<&str>| {
                before.iter().find(|it| it.teams.contains(&team) && it.key.as_deref() == of_key)
            };
            let Some(could) = key.as_deref().and_then(|key| could(Some(key))).or(could(None))
            else {
                wrong.push(format!("{caller}: nothing says what it could call before"));
                continue;
            };
            for name in &tried {
                let now = self.places(&team, key.as_deref(), name);
                let then = could.places(name);
                let as_well = could.places_of_part(name);
                for more in now.difference(&then).filter(|it| !as_well.contains(*it)) {
                    wrong
                        .push(format!("{caller} can call {name:?} at {more}: it could not before"));
                }
                if written.contains(name) && then.iter().any(|place| !now.contains(place)) {
                    lost.insert(format!("{caller} {name}"));
                }
            }
        }
        let said: BTreeSet<String> = loses.iter().cloned().collect();
        let differ: Vec<_> = lost.symmetric_difference(&said).collect();
        if !differ.is_empty() {
            wrong.push(format!("it loses {lost:#?}, and not {said:#?}"));
        }
        wrong.extend(self.keys_elsewhere(before));
        wrong
    }

    /// Every team, and each of its keys that has a name.
    fn callers(&self) -> Vec<(String, Option<String>)> {
        let teams = self.configuration["teams"].as_object().unwrap();
        let mut callers = Vec::new();
        for (team, it) in teams {
            callers.push((team.clone(), None));
            for (place, key) in it["keys"].as_array().into_iter().flatten().enumerate() {
                let id = key["id"].as_str().map_or(format!("keys[{place}]"), str::to_owned);
                callers.push((team.clone(), Some(id)));
            }
        }
        callers
    }

    /// Every name that is written in the original.
    fn written(before: &[Caller], texts: &[&str]) -> BTreeSet<String> {
        let mut plain: BTreeSet<String> = BTreeSet::new();
        plain.extend(before.iter().flat_map(|caller| caller.models.keys().cloned()));
        for text in texts {
            let is_part = |c: char| c.is_alphanumeric() || "-_./:*@".contains(c);
            plain.extend(text.split(|c| !is_part(c)).filter(|it| it.len() > 1).map(str::to_owned));
        }
        plain.iter().map(|name| name.replace('*', "anything")).collect()
    }

    /// These names, those of the configuration, and every form of them that may lead somewhere.
    fn in_all_forms(&self, written: &BTreeSet<String>) -> BTreeSet<String> {
        const FEW: usize = 400;
        let models = self.configuration["models"].as_object().unwrap();
        let are_few = self.hosts.len() * models.len() <= FEW;
        let mut names = written.clone();
        for (name, model) in models {
            names.insert(name.replace('*', "anything"));
            let texts = model["aliases"].as_array().into_iter().flatten();
            names.extend(texts.map(|alias| alias.as_str().unwrap().to_owned()));
        }
        for (place, provider) in self.hosts.keys().enumerate() {
            names.insert(format!("{provider}/anything"));
            for (name, model) in models {
                let targets = model["targets"].as_array().unwrap();
                let serves = targets.iter().any(|target| target["provider"] == **provider);
                // Of very many, each with those that serve it and with one other.
                if !are_few && !serves && place > 0 {
                    continue;
                }
                names.insert(format!("{}:{provider}", name.replace('*', "anything")));
                for target in targets {
                    let model = target["model"].as_str().unwrap_or(name);
                    names.insert(format!("{provider}/{}", model.replace('*', "anything")));
                }
            }
        }
        names
    }

    /// Where a caller's request for a model can go, whichever the endpoint.
    fn places(&self, team: &str, key: Option<&str>, model: &str) -> Places {
        const ENDPOINTS: [&str; 9] = [
            "chat/completions",
            "completions",
            "embeddings",
            "responses",
            "messages",
            "rerank",
            "moderations",
            "images/generations",
            "audio/speech",
        ];
        let mut places = Places::new();
        for endpoint in ENDPOINTS {
            let explanation = self.router.explain(&question(team, key, model, endpoint)).unwrap();
            if explanation.access != Verdict::Allowed {
                break;
            }
            for target in explanation.targets {
                let provider = &self.configuration["providers"][&target.provider];
                let takes_callers = provider["client_credentials"] == true;
                let sent = match (&target.status, &target.credential) {
                    (TargetStatus::LeftOut(Exclusion::NoCredential), _) if takes_callers => {
                        "caller".to_owned()
                    }
                    (TargetStatus::LeftOut(_), _) => continue,
                    (_, Some((name, _))) => self.secret(name),
                    (_, None) => "-".to_owned(),
                };
                places.insert(format!("{} {sent} {}", self.hosts[&target.provider], target.model));
            }
        }
        places
    }

    /// The variable of a credential, or itself.
    fn secret(&self, name: &str) -> String {
        let credential = &self.configuration["credentials"][name];
        let secret = credential["env"].as_str().or(credential["value"].as_str());
        secret.unwrap().to_owned()
    }

    /// Credentials at hosts that they were not sent to before.
    fn keys_elsewhere(&self, before: &[Caller]) -> Vec<String> {
        let places = before.iter().flat_map(|caller| caller.models.values()).flatten();
        let known: BTreeSet<String> =
            places.map(|place| place.rsplit_once(' ').unwrap().0.to_owned()).collect();
        let credentials = self.configuration["credentials"].as_object();
        let elsewhere = credentials.into_iter().flatten().filter_map(|(name, credential)| {
            let host = &self.hosts[credential["provider"].as_str().unwrap()];
            let sent = format!("{host} {}", self.secret(name));
            (!known.contains(&sent)).then(|| format!("the credential {name:?} is for {sent}"))
        });
        elsewhere.collect()
    }

    /// What is wrong with what becomes of a request.
    pub fn wrong(&self, request: &Request) -> Option<String> {
        let Request { team, key, model, endpoint, .. } = request;
        let question = question(team, key.as_deref(), model, endpoint);
        let explained = match self.router.explain(&question) {
            Ok(explanation) => explanation.outcome,
            Err(unknown) => return Some(unknown.to_string()),
        };
        let found = match explained {
            Err(reply) => [None, None, None, Some(reply.code.to_owned())],
            Ok(sent) => {
                let to = format!("{}{}", sent.authority.unwrap_or_default(), sent.path);
                let headers: Vec<_> = sent
                    .headers
                    .iter()
                    .filter_map(|(name, value)| match value {
                        HeaderValue::Plain(_) => None,
                        HeaderValue::Credential { prefix, name: credential } => {
                            Some(format!("{name}: {prefix}{}", self.secret(credential)))
                        }
                    })
                    .collect();
                [Some(to), Some(headers.join(", ")), Some(sent.model), None]
            }
        };
        let expected =
            [&request.to, &request.with, &request.upstream, &request.answer].map(Clone::clone);
        let is_so = expected.iter().zip(&found).enumerate().all(|(place, (expected, found))| {
            // What is not said of a request that is sent is not looked at.
            expected == found || (place < 3 && expected.is_none())
        });
        (!is_so).then(|| format!("{team} {model} at {endpoint}: {found:?}"))
    }
}

impl Caller {
    /// Where a request could go before for the part of a name that names the model: a name that is pinned to a provider
    /// (`model:provider`), or that of one meaning of several (`model@team`), leads to some of its places.
    fn places_of_part(&self, name: &str) -> Places {
        let parts = [name.rsplit_once(':'), name.rsplit_once('@')];
        parts.into_iter().flatten().flat_map(|(front, _)| self.places(front)).collect()
    }

    /// Where a request for a model could go before.
    fn places(&self, name: &str) -> Places {
        if let Some(places) = self.models.get(name) {
            return places.iter().cloned().collect();
        }
        // The most specific pattern is the one whose own text is longest.
        let matching = self.models.iter().filter_map(|(pattern, places)| {
            let (front, back) = pattern.split_once('*')?;
            let inner = name.strip_prefix(front)?.strip_suffix(back)?;
            (!inner.is_empty()).then_some((pattern.len(), inner, places))
        });
        let Some((_, inner, places)) = matching.max_by_key(|(length, ..)| *length) else {
            return Places::new();
        };
        places.iter().map(|place| place.replace('*', inner)).collect()
    }
}

fn question(team: &str, key: Option<&str>, model: &str, endpoint: &str) -> Question {
    Question {
        now: SystemTime::now(),
        team: team.to_owned(),
        key: key.map(str::to_owned),
        endpoint: endpoint.to_owned(),
        model: model.to_owned(),
        attributes: Default::default(),
    }
}
