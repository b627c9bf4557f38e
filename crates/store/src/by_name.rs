//! Pages of lists by name: what is asked, and where the next page begins.

use access::Who;
use sql::Val;
use uuid::Uuid;

/// A page of a list by name.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Words in the name.
    pub search: String,
    /// Only what comes after this one.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: i64,
}

impl Filter {
    /// What a list's query takes: `$1` the organization, `$2` the person, `$3` their role, `$4` the pattern of the search, `$5`
    /// whether it goes on after `$6`, and `$7` one row too many.
    pub(crate) fn values(&self, who: Who) -> [Val; 7] {
        [
            Val::from(who.org()),
            Val::from(who.account()),
            Val::from(who.role()),
            Val::from(crate::containing(&self.search)),
            Val::from(self.after.is_some()),
            Val::from(self.after.unwrap_or(Uuid::nil())),
            Val::from(self.limit + 1),
        ]
    }

    /// Takes the row too many that was asked for, and says where the next page begins.
    pub(crate) fn cut<T>(&self, items: &mut Vec<T>, id: impl Fn(&T) -> Uuid) -> Option<Uuid> {
        if items.len() <= usize::try_from(self.limit).unwrap_or(usize::MAX) {
            return None;
        }
        items.pop();
        items.last().map(id)
    }
}
