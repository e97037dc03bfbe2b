//! Who may call what: a table of models and callers.

use std::io::{self, Write};

use anstyle::Style;
use envoy_llm_router::{
    Overview, OverviewCaller, OverviewLimit, OverviewModel, OverviewResources, Reach,
};
use serde_json::{json, Value};

use super::words;

/// How wide a table may be, before it goes on in another one below.
const WIDTH: usize = 100;

/// What is between two columns.
const GAP: &str = "  ";

/// Writes a table with a row for each model and a column for each caller.
pub fn write(overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let Overview { callers: told, models, limits } = overview;
    let names = Column::new("model", models.iter().map(|model| model.name.clone()));
    let callers: Vec<_> = told
        .iter()
        .enumerate()
        .map(|(index, caller)| {
            let cells =
                models.iter().map(|model| model.reach.get(index).map_or(String::new(), cell));
            Column::new(&title(caller), cells)
        })
        .collect();
    let mut rest = callers.as_slice();
    let mut is_first = true;
    while is_first || !rest.is_empty() {
        let mut width = names.width;
        let fits = |column: &&Column| {
            width = width.saturating_add(GAP.len()).saturating_add(column.width);
            width <= WIDTH
        };
        let count = rest.iter().take_while(fits).count().max(1).min(rest.len());
        let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        if !is_first {
            writeln!(out)?;
        }
        write_table(&names, now, out)?;
        rest = later;
        is_first = false;
    }
    write_legend(models, out)?;
    write_resources(told, out)?;
    write_limits(limits, out)
}

/// A column of a table.
struct Column {
    title: String,
    cells: Vec<String>,
    width: usize,
}

impl Column {
    fn new(title: &str, cells: impl Iterator<Item = String>) -> Self {
        let cells: Vec<_> = cells.collect();
        let widths = cells.iter().map(|cell| cell.chars().count());
        let width = widths.chain([title.chars().count()]).max().unwrap_or_default();
        Self { title: title.to_owned(), cells, width }
    }
}

fn write_table(names: &Column, callers: &[Column], out: &mut dyn Write) -> io::Result<()> {
    let bold = Style::new().bold();
    let columns: Vec<_> = [names].into_iter().chain(callers).collect();
    let row = |cell: &dyn Fn(&Column) -> String| {
        let padded = columns.iter().map(|column| format!("{:<1$}", cell(column), column.width));
        padded.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    };
    writeln!(out, "{bold}{}{bold:#}", row(&|column| column.title.clone()))?;
    for index in 0..names.cells.len() {
        let cell = |column: &Column| column.cells.get(index).cloned().unwrap_or_default();
        writeln!(out, "{}", row(&cell))?;
    }
    Ok(())
}

fn title(caller: &OverviewCaller) -> String {
    match &caller.key {
        Some(key) => format!("{}/{key}", caller.team),
        None => caller.team.clone(),
    }
}

const DENIED: &str = "-";
const IN_PART: &str = "in part";
const NO_CREDENTIAL: &str = "no credential";
const INVALID_KEY: &str = "invalid key";
const OWN_KEY: &str = "(own key)";

fn cell(reach: &Reach) -> String {
    match reach {
        Reach::Served { providers, with_own_key } => {
            let own = with_own_key.iter().map(|name| format!("{name} {OWN_KEY}"));
            providers.iter().cloned().chain(own).collect::<Vec<_>>().join(", ")
        }
        Reach::InPart => IN_PART.to_owned(),
        Reach::NoCredential => NO_CREDENTIAL.to_owned(),
        Reach::Denied(_) => DENIED.to_owned(),
        Reach::InvalidKey => INVALID_KEY.to_owned(),
    }
}

/// What the marks mean that are in the table.
fn write_legend(models: &[OverviewModel], out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<_> = models.iter().flat_map(|model| &model.reach).map(cell).collect();
    let legend = [
        (DENIED, "404: this caller may not call it"),
        (IN_PART, "some of the names that the pattern stands for"),
        (NO_CREDENTIAL, "403: none of the model's providers has a credential for this caller"),
        (INVALID_KEY, "401: the key has expired or is disabled"),
        (OWN_KEY, "the caller brings its own key for the provider"),
    ];
    let is_there = |mark: &str| match mark {
        OWN_KEY => cells.iter().any(|cell| cell.ends_with(OWN_KEY)),
        mark => cells.iter().any(|cell| cell == mark),
    };
    let used: Vec<_> = legend.into_iter().filter(|(mark, _)| is_there(mark)).collect();
    if !used.is_empty() {
        writeln!(out)?;
    }
    for (mark, meaning) in used {
        writeln!(out, "{mark:<13}  {meaning}")?;
    }
    Ok(())
}

/// What callers reach of what is stored at providers.
fn write_resources(callers: &[OverviewCaller], out: &mut dyn Write) -> io::Result<()> {
    let mut is_first = true;
    for caller in callers {
        for OverviewResources { provider, families, credential } in &caller.resources {
            if std::mem::take(&mut is_first) {
                writeln!(out, "\nresources")?;
            }
            let with = match credential {
                Some(Some(name)) => format!("with credential {name}"),
                Some(None) => "without a credential".to_owned(),
                None => "403: no credential of its own".to_owned(),
            };
            let families = families.join(", ");
            writeln!(out, "{}: {families} at {provider}, {with}", title(caller))?;
        }
    }
    Ok(())
}

/// What teams and keys may use.
fn write_limits(limits: &[OverviewLimit], out: &mut dyn Write) -> io::Result<()> {
    if !limits.is_empty() {
        writeln!(out, "\nlimits")?;
    }
    limits.iter().try_for_each(|OverviewLimit { team, key, limit }| match key {
        Some(key) => writeln!(out, "{team}/{key}: {limit}"),
        None => writeln!(out, "{team}: {limit}"),
    })
}

/// The table for programs: a list of models, each with its callers.
pub fn render(overview: &Overview) -> Value {
    let Overview { callers, models, limits } = overview;
    let models: Vec<_> = models
        .iter()
        .map(|model| {
            let callers = callers.iter().zip(&model.reach);
            let callers: Vec<_> = callers.map(|(caller, reach)| entry(caller, reach)).collect();
            json!({ "model": model.name, "registered": model.is_registered, "callers": callers })
        })
        .collect();
    let resources: Vec<_> = callers
        .iter()
        .flat_map(|caller| caller.resources.iter().map(move |resources| (caller, resources)))
        .map(|(caller, OverviewResources { provider, families, credential })| {
            json!({
                "team": caller.team,
                "key": caller.key,
                "provider": provider,
                "endpoints": families,
                "served": credential.is_some(),
                "credential": credential.clone().flatten(),
            })
        })
        .collect();
    let limits = limits.iter().map(
        |OverviewLimit { team, key, limit }| json!({ "team": team, "key": key, "limit": limit }),
    );
    json!({ "models": models, "resources": resources, "limits": limits.collect::<Vec<_>>() })
}

fn entry(caller: &OverviewCaller, reach: &Reach) -> Value {
    let (status, reason) = match reach {
        Reach::Served { .. } => ("served", None),
        Reach::InPart => ("in_part", None),
        Reach::NoCredential => ("no_credential", None),
        Reach::Denied(access) => ("denied", Some(words::access(*access))),
        Reach::InvalidKey => ("invalid_key", None),
    };
    let (providers, with_own_key) = match reach {
        Reach::Served { providers, with_own_key } => {
            (providers.as_slice(), with_own_key.as_slice())
        }
        _ => (&[][..], &[][..]),
    };
    json!({
        "team": caller.team,
        "key": caller.key,
        "status": status,
        "reason": reason,
        "providers": providers,
        "with_own_key": with_own_key,
    })
}
