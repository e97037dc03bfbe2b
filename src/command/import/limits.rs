//! Limits of the original: budgets, and requests or tokens in a time.
//!
//! Requests and tokens of a team or a key are `limits` here too. A budget is not: it is in dollars, and prices are not in the
//! original's configuration. What is not carried over is a remark.

use envoy_llm_router::Node;

use super::plan::{object, text, whole, Plan};
use crate::yaml::{Value, Yaml};

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Its field in the original.
    pub field: &'static str,
    /// What it says.
    pub amount: String,
}

impl Limit {
    /// The same as an entry of `limits`, if there is one: LiteLLM counts in minutes and days of the clock as well.
    fn entry(&self) -> Option<Node> {
        let (unit, period) = match self.field {
            "rpm_limit" => ("requests", "minute"),
            "tpm_limit" => ("tokens", "minute"),
            "tpd_limit" => ("tokens", "day"),
            _ => return None,
        };
        let amount = self.amount.parse().ok().filter(|amount| *amount > 0)?;
        Some(object(vec![(unit, whole(amount)), ("per", text(period))]))
    }
}

/// The fields of teams, keys and deployments that limit how much is used.
const FIELDS: [&str; 22] = [
    "max_budget",
    "budget_limits",
    "budget_id",
    "litellm_budget_table",
    "model_max_budget",
    "tpm_limit",
    "rpm_limit",
    "tpd_limit",
    "model_tpm_limit",
    "model_rpm_limit",
    "max_parallel_requests",
    "global_max_parallel_requests",
    "default_max_parallel_requests",
    "default_api_key_tpm_limit",
    "default_api_key_rpm_limit",
    "team_member_budget",
    "team_member_budget_id",
    "team_member_rpm_limit",
    "team_member_tpm_limit",
    "max_end_user_budget",
    "tpd",
    "rpd",
];

/// Further fields that say how a limit is counted, and are none themselves.
const BESIDE: [&str; 7] = [
    "budget_duration",
    "budget_reset_at",
    "soft_budget",
    "soft_budget_cooldown",
    "budget_fallbacks",
    "spend",
    "model_spend",
];

/// The limits that an object holds.
pub fn of(holder: &Yaml) -> Vec<Limit> {
    let limits = FIELDS.into_iter().filter_map(|field| {
        let value = holder.get(field)?;
        let amount = match &value.value {
            Value::Scalar(scalar) => {
                let duration = holder.text_of("budget_duration").filter(|_| field == "max_budget");
                match duration {
                    Some(duration) => format!("{} in {duration}", scalar.text),
                    None => scalar.text.clone(),
                }
            }
            Value::List(items) if items.is_empty() => return None,
            Value::Map(entries) if entries.is_empty() => return None,
            Value::List(_) | Value::Map(_) => "several".to_owned(),
        };
        Some(Limit { field, amount })
    });
    limits.collect()
}

/// Whether a field is about limits.
pub fn is_field(field: &str) -> bool {
    FIELDS.contains(&field) || BESIDE.contains(&field)
}

/// The limits of a team or a key as entries of its `limits`; those that cannot be are remarks.
pub fn carry(subject: &str, limits: &[Limit], plan: &mut Plan) -> Vec<Node> {
    let mut entries = Vec::new();
    for limit in limits {
        match limit.entry() {
            Some(entry) => entries.push(entry),
            None => remark(subject, limit, plan),
        }
    }
    entries
}

/// Says that none of these limits is carried over.
pub fn leave_out(subject: &str, limits: &[Limit], plan: &mut Plan) {
    limits.iter().for_each(|limit| remark(subject, limit, plan));
}

fn remark(subject: &str, Limit { field, amount }: &Limit, plan: &mut Plan) {
    plan.remarks.security(format_args!("{subject}: {field} ({amount}) is not enforced here"));
}

/// Whether a budget that never begins anew is used up: who has it can call nothing.
pub fn is_used_up(holder: &Yaml) -> bool {
    let number = |field: &str| holder.text_of(field).and_then(|text| text.parse::<f64>().ok());
    let spent = number("spend").zip(number("max_budget"));
    spent.is_some_and(|(spend, budget)| spend >= budget) && holder.get("budget_duration").is_none()
}
