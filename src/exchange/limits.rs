//! The limits of a request's caller: what it takes of them on its way in, and what its answer is charged with.
//!
//! A request is counted when its caller is known, whatever becomes of it then, unless a limit refuses it. Tokens and
//! dollars are known when the answer ends: a request is refused while what was charged before has reached the limit.
//!
//! Most callers have no limits. For them this is one question, and the rest is kept out of the way.

use std::rc::Rc;

use super::Exchange;
use crate::host::Host;
use crate::limit::{Limit, Unit};
use crate::meter::{Meter, Taken};
use crate::reject::Reject;
use crate::router::Decision;
use crate::team::Caller;

impl Exchange {
    /// Takes the request to the limits that hold whatever its model is. One that uses nothing of a model is only counted.
    #[cold]
    pub(super) fn meet_limits(
        &mut self,
        caller: &Caller,
        uses_model: bool,
        host: &dyn Host,
    ) -> Result<(), Reject> {
        let mut limits = Vec::new();
        for limit in caller.limits().into_iter().flatten() {
            if limit.models.is_none() && (uses_model || limit.quota.unit == Unit::Requests) {
                limits.push(Rc::clone(limit));
            }
        }
        self.meet(limits, host)
    }

    /// Takes the request to the limits that hold for the model that it calls and not for every model.
    #[cold]
    pub(super) fn meet_limits_of_model(
        &mut self,
        caller: &Caller,
        asked: &str,
        decision: &Decision,
        host: &dyn Host,
    ) -> Result<(), Reject> {
        let limits = self.router.limits_of_model(caller, asked, decision);
        self.meet(limits, host)
    }

    fn meet(&mut self, limits: Vec<Rc<Limit>>, host: &dyn Host) -> Result<(), Reject> {
        if limits.is_empty() {
            return Ok(());
        }
        let router = Rc::clone(&self.router);
        let meter = Meter { scope: &router.settings.limits_scope, now: host.now(), host };
        let refusal = self.take_from(limits, &meter);
        if refusal.is_err() {
            // A request that one limit refuses does not count at the others.
            for limit in std::mem::take(&mut self.limits) {
                if limit.quota.unit == Unit::Requests && !meter.give_one_back(&limit) {
                    self.note_limit_error();
                }
            }
        }
        refusal
    }

    fn take_from(&mut self, limits: Vec<Rc<Limit>>, meter: &Meter<'_>) -> Result<(), Reject> {
        let is_request = |limit: &Rc<Limit>| limit.quota.unit == Unit::Requests;
        for limit in limits.iter().filter(|limit| !is_request(limit)) {
            if meter.used(limit) >= limit.quota.amount {
                return Err(over(limit, meter));
            }
        }
        for limit in limits {
            if is_request(&limit) {
                match meter.take_one(&limit) {
                    Taken::Counted => {}
                    Taken::Full => return Err(over(&limit, meter)),
                    Taken::Lost => {
                        self.note_limit_error();
                        return Err(Reject::LimitNotCounted);
                    }
                }
            }
            self.limits.push(limit);
        }
        Ok(())
    }

    /// Charges the limits that the request met with what its answer came to.
    #[cold]
    pub(super) fn charge_limits(&mut self, host: &dyn Host) {
        let limits = std::mem::take(&mut self.limits);
        let Some(usage) = self.record.usage else { return };
        let router = Rc::clone(&self.router);
        let meter = || Meter { scope: &router.settings.limits_scope, now: host.now(), host };
        for limit in limits {
            let used = match limit.quota.unit {
                Unit::Requests => continue,
                Unit::Tokens => usage.prompt.saturating_add(usage.completion),
                Unit::Dollars => self.record.cost.map_or(0, |cost| cost.0),
            };
            if !meter().charge(&limit, used) {
                self.note_limit_error();
            }
        }
    }

    fn note_limit_error(&mut self) {
        self.record.limit_errors = self.record.limit_errors.saturating_add(1);
    }
}

fn over(limit: &Limit, meter: &Meter<'_>) -> Reject {
    Reject::LimitReached(Box::new(limit.overrun(meter.now)))
}
