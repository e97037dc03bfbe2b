//! Teams, as LiteLLM describes them: in the file, and in what `GET /team/list` answered.

use std::rc::Rc;

use super::Settings;
use crate::yaml::{Value, Yaml};

/// All teams.
pub struct Teams<'y> {
    all: Vec<Team<'y>>,
}

/// A team.
#[derive(Clone, Copy)]
pub struct Team<'y> {
    /// Its id, which models name.
    pub id: &'y str,
    /// What the database, or the file itself, has of it.
    pub record: Option<&'y Yaml>,
    /// What `default_team_settings` has of it.
    pub settings: Option<&'y Yaml>,
}

impl<'y> Teams<'y> {
    /// `default_team_settings`, the file's own `teams`, and the list that was exported.
    pub fn of(settings: &Settings<'y>, config: &'y Yaml, exported: Option<&'y Yaml>) -> Self {
        let mut all: Vec<Team<'y>> = Vec::new();
        let mut add = |given: &'y Yaml, is_record: bool| {
            let Some(id) = given.text_of("team_id") else { return };
            if all.iter().all(|team| team.id != id) {
                all.push(Team { id, record: None, settings: None });
            }
            let Some(team) = all.iter_mut().find(|team| team.id == id) else { return };
            match is_record {
                true => team.record = Some(given),
                false => team.settings = Some(given),
            }
        };
        let in_settings = settings.litellm.and_then(|it| it.get("default_team_settings"));
        in_settings.into_iter().flat_map(Yaml::items).for_each(|team| add(team, false));
        let records = [config.get("teams"), exported].into_iter().flatten();
        records.flat_map(Yaml::items).for_each(|team| add(team, true));
        Self { all }
    }

    /// The teams.
    pub fn iter(&self) -> impl Iterator<Item = &Team<'y>> {
        self.all.iter()
    }

    /// Whether there is a team of this id.
    pub fn has(&self, id: &str) -> bool {
        self.all.iter().any(|team| team.id == id)
    }

    /// Whether a team has a key of its own for the provider of this prefix.
    pub fn have_keys_for(&self, prefix: &str) -> bool {
        let configs = self.all.iter().filter_map(Team::model_config);
        configs.flat_map(Yaml::entries).any(|entry| entry.value.get(prefix).is_some())
    }
}

impl<'y> Team<'y> {
    /// What is known of it, the record first.
    pub fn sources(&self) -> impl Iterator<Item = &'y Yaml> {
        self.record.into_iter().chain(self.settings)
    }

    /// Its name, which is its id if it has no other.
    pub fn name(&self) -> &'y str {
        let alias = self.sources().find_map(|given| given.text_of("team_alias"));
        alias.filter(|alias| !alias.is_empty()).unwrap_or(self.id)
    }

    /// Its credentials for its providers: of all models, and of single ones.
    pub fn model_config(&self) -> Option<&'y Yaml> {
        self.sources().find_map(|given| {
            given.get("model_config").or_else(|| given.at(&["metadata", "model_config"]))
        })
    }

    /// Its own names for models.
    pub fn aliases(&self) -> Option<&'y Yaml> {
        self.sources().find_map(|given| {
            let table = given.at(&["litellm_model_table", "model_aliases"]);
            given.get("model_aliases").or(table)
        })
    }
}

/// The tags of a team or a key, which its requests carry.
pub fn tags(given: &Yaml) -> Vec<&str> {
    let lists = [given.get("tags"), given.at(&["metadata", "tags"])];
    lists.into_iter().flatten().flat_map(Yaml::items).filter_map(Yaml::text).collect()
}

/// The list with objects in the place of the JSON that the database may hold as text.
pub fn unpacked(yaml: &Rc<Yaml>) -> Rc<Yaml> {
    const HELD_AS_TEXT: [&str; 5] =
        ["metadata", "model_aliases", "aliases", "litellm_model_table", "model_max_budget"];
    let value = match &yaml.value {
        Value::Scalar(_) => return Rc::clone(yaml),
        Value::List(items) => Value::List(items.iter().map(unpacked).collect()),
        Value::Map(entries) => {
            let mut entries = entries.clone();
            for entry in &mut entries {
                let held = entry.value.text().filter(|text| text.starts_with('{'));
                let held = held.filter(|_| HELD_AS_TEXT.contains(&entry.key.as_str()));
                let read = held.and_then(|text| crate::yaml::read(text).ok());
                let root = read.and_then(|mut documents| documents.pop()).map(|it| it.root);
                entry.value = unpacked(&root.unwrap_or_else(|| Rc::clone(&entry.value)));
            }
            Value::Map(entries)
        }
    };
    Rc::new(Yaml { mark: yaml.mark, value })
}
